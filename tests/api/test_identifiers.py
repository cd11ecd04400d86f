"""Identifiers of entities in public schemes: wherever a ref names a record, one of them names an entity."""

from tests.support import Api, claim, figure, pointers, seed


def test_an_identifier_names_an_entity_wherever_a_ref_does(api: Api) -> None:
    seed(api)
    made = api.post("/entities", {"key": "germany", "kind": "place", "name": "Germany",
                                  "identifiers": {"wikidata": "Q183", "iso3166": "DE"}})  # fmt: skip
    assert api.get("/entities/wikidata:Q183")["key"] == "germany"
    api.post("/entities", {"key": "berlin", "kind": "place", "name": "Berlin", "part_of": "iso3166:DE"})
    assert api.get("/entities/berlin")["part_of"]["id"] == made["id"]
    said = api.post("/claims", claim("lab", figure("5"), subject="iso3166:DE"))
    assert said["subject"]["key"] == "germany"
    assert len(api.get("/claims", subject="wikidata:Q183")["items"]) == 1
    api.patch("/entities/iso3166:DE", {"identifiers": {"iso3166": "DE"}})
    assert api.client.get("/v1/entities/wikidata:Q183").status_code == 404


def test_an_identifier_is_of_one_entity(api: Api) -> None:
    seed(api)
    body = {"key": "germany", "kind": "place", "name": "Germany", "identifiers": {"iso3166": "DE"}}
    api.post("/entities", body)
    again = api.post("/entities", body | {"key": "denmark", "name": "Denmark"}, status=409)
    assert pointers(again) == ["/identifiers/iso3166"]
    api.post("/entities", body | {"key": "denmark", "name": "Denmark", "identifiers": {}})
    assert pointers(api.patch("/entities/denmark", {"identifiers": {"iso3166": "DE"}}, status=409)) == [
        "/identifiers/iso3166"
    ]
    wrong = api.post("/claims", claim("lab", figure("5"), subject="iso3166:XX"), status=422)
    assert pointers(wrong) == ["/subject"]
