"""The `text` filter: words of any script, found alike on both databases."""

import pytest

from tests.support import Api, claim, seed


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("training", True),
        ("TRAIN", True),
        ("gpt-4", True),
        ("gpt", True),
        ("training gpt-4", True),
        ("gpt-4 cheap", False),
        ("gpt-5", False),
        ("训练", True),
        ("练训", False),
        ("النماذج", True),
        ("🐋", True),
        ("zoë", True),
        ("zoe", False),
        ("5.5", True),
        ("it's", True),
        ('"', False),
        ("' OR 1=1 --", False),
        ("AND", False),
        ("NEAR(a b)", False),
        ("tokens:x", False),
        ("\\", False),
        ("*", False),
        ("!gpt", True),
    ],
)
def test_claims_are_found_by_their_words(api: Api, text: str, found: bool) -> None:
    seed(api)
    statement = "Pre-training GPT-4 cost $5.5 million, it's said; 模型训练; تدريب النماذج; Zoë 🐋"
    api.post("/claims", claim("lab", statement=statement))
    api.post("/claims", claim("analyst", statement="Something else entirely", quote="not of this"))
    assert len(api.get("/claims", text=text)["items"]) == int(found)


def test_a_changed_text_is_found_by_its_new_words_only(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", key="c", statement="the first wording"))
    api.patch("/claims/c", {"statement": "another wording"})
    assert api.get("/claims", text="first")["items"] == []
    assert len(api.get("/claims", text="another")["items"]) == 1
    api.patch("/entities/model", {"aliases": ["Nickname"]})
    assert [e["key"] for e in api.get("/entities", text="nickn")["items"]] == ["model"]
    api.patch("/sources/paper", {"authors": ["Ada Lovelace"]})
    assert [s["key"] for s in api.get("/sources", text="lovelace ada")["items"]] == ["paper"]
