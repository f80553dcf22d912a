from service.ussd.draw import draw
from service.ussd.text import SMALLEST, too_long
from tests.ussd.bikes import bikes


def test_the_map_shows_each_screen_at_its_widest_with_the_room_to_spare() -> None:
    drawn = draw(bikes())
    assert (
        """
## hire.pin

- asks for the secret `pin`
- leads to `hire.unlock`
- bad_pin is shown here

en: 121 of 156 septets under no.dropped_secret

```
A PIN does not belong in a dialled string.
Bike WWWWWWWWWWWW from WWWWWWWWWWWWWWWWWWWW: 99999 tokens. PIN?
0 Back 00 Home
```
"""
        in drawn
    )
    assert "\n1 WWWWWWWWWWWW at WWWWWWWWWWWWWWWWWWWW\n0 Back" in drawn, "98 stands under lists only"
    assert "99999\n98 More\n0 Back 00 Home\n" in drawn
    assert "- 9 leads to `resume` where broken\n" in drawn
    assert "## hire.pay\n\n- a step; moves money\n- leads to `hire.done`\n- too_dear leads to `hire.minutes`\n" in drawn
    assert "- out_of_order ends the talk\n" in drawn


def test_the_map_is_the_same_each_time_and_in_the_order_of_the_screens() -> None:
    talk = bikes()
    drawn = draw(talk)
    assert drawn == draw(bikes())
    assert [line[3:] for line in drawn.split("\n") if line.startswith("## ")] == list(talk.screens)


def test_every_page_of_the_map_fits() -> None:
    pages = draw(bikes()).split("```\n")[1::2]
    assert len(pages) == 2 * 10
    assert all(too_long(page.rstrip("\n"), SMALLEST) <= 0 for page in pages)
