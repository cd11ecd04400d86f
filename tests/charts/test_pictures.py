"""Charts as pictures of their own: themes, widths, PNG, and what is written in them."""

import re
import struct
from typing import Any

import pytest

from tests.support import Api, claim, figure, seed

R1 = "deepseek-r1.training-cost.on-top-of-base"


def size_of(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def picture(api: Api, key: str = R1, **params: Any) -> bytes:
    answer = api.client.get(f"/v1/comparisons/{key}/chart.png", params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
    return answer.content


def test_a_picture_names_its_sources_its_day_and_its_address(demo: Api, live: Any) -> None:
    live.app.state.licence = "CC BY 4.0"
    try:
        drawn = demo.client.get(f"/v1/comparisons/{R1}/chart.svg").text
    finally:
        live.app.state.licence = None
    assert "Sources: DeepSeek-R1 (Nature 2025); " in drawn
    origin = re.search(r'class="quiet origin"[^>]*>([^<]*)<', drawn)
    assert origin is not None
    base = str(demo.client.base_url).rstrip("/")
    assert re.fullmatch(rf"Data of \d{{4}}-\d\d-\d\d, {base}/comparisons/{R1}, CC BY 4.0", origin[1])


@pytest.mark.parametrize("width", [320, 960, 2400])
def test_a_picture_is_as_wide_as_asked(demo: Api, width: int) -> None:
    drawn = demo.client.get(f"/v1/comparisons/{R1}/chart.svg", params={"width": width}).text
    assert f'width="{width}"' in drawn
    assert size_of(picture(demo, width=width))[0] == width


def test_the_themes_differ_and_need_no_variables(demo: Api) -> None:
    light, dark = (
        demo.client.get(f"/v1/comparisons/{R1}/chart.svg", params={"theme": theme}).text for theme in ("light", "dark")
    )
    assert "var(" not in light + dark
    assert ("#ffffff" in light, "#14171b" in dark) == (True, True)
    assert picture(demo, theme="light") == picture(demo)
    assert picture(demo, theme="dark") != picture(demo)


@pytest.mark.parametrize("params", [{"width": 319}, {"width": 2401}, {"theme": "pink"}, {"width": "wide"}])
def test_other_widths_and_themes_are_refused(demo: Api, params: dict[str, Any]) -> None:
    assert demo.client.get(f"/v1/comparisons/{R1}/chart.png", params=params).status_code == 422


def test_a_very_tall_picture_has_a_bounded_number_of_pixels(api: Api) -> None:
    seed(api)
    for part in range(5):
        figures = [figure(str(n + 1), scope=("full", "part", "other", "subpart", None)[part]) for n in range(100)]
        api.post("/claims", claim("lab", *figures, statement=f"{part}"))
    width, height = size_of(picture(api, "model.cost.full", width=2400))
    assert width * height <= 16_100_000
    assert width < 2400


def test_a_picture_says_that_it_lacks_letters(api: Api) -> None:
    seed(api)
    api.patch("/entities/lab", {"name": "深度求索"})
    api.post("/claims", claim("lab", figure("5")))
    plain = picture(api, "model.cost")
    api.patch("/entities/lab", {"name": "Lab"})
    assert size_of(plain) == size_of(picture(api, "model.cost"))
    assert plain != picture(api, "model.cost")


def test_hostile_names_are_drawn_as_text(api: Api) -> None:
    seed(api)
    hostile = '</text><image href="file:///etc/passwd"/><script>alert(1)</script>&"\u202e'
    api.patch("/entities/lab", {"name": hostile})
    api.patch("/sources/paper", {"title": hostile})
    api.post("/claims", claim("lab", figure("5")))
    assert size_of(picture(api, "model.cost"))[0] == 960
    drawn = api.client.get("/v1/comparisons/model.cost/chart.svg").text
    assert "<image" not in drawn
    assert "<script" not in drawn


def test_a_number_that_is_not_included_is_hollow_and_a_copy_is_small(api: Api) -> None:
    seed(api)
    api.post("/claims", claim("lab", figure("5", qualifier="about"), figure(qualifier="more_than", lower="3"), key="a"))
    api.post("/claims", claim("third", figure("5"), derived_from="a"))
    drawn = api.client.get("/v1/comparisons/model.cost/chart.svg").text
    assert drawn.count('<g class="circle hollow">') == 1
    assert drawn.count('<g class="circle copy">') == 1
    assert "hollow: this number is not included" in drawn
    assert "small and grey: a copy" in drawn


def test_a_page_shows_its_picture_to_those_that_share_it(demo: Api) -> None:
    page = demo.client.get(f"/comparisons/{R1}").text
    found = re.search(r'<meta property="og:image" content="([^"]+)"', page)
    assert found is not None
    answer = demo.client.get(found[1].replace("&amp;", "&"))
    assert (answer.headers["content-type"], size_of(answer.content)[0]) == ("image/png", 1200)
