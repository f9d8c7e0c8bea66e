"""What people write is text, and the pages work under their strict content security policy."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import Chat, Wishes
from tests.browser.conftest import Visits
from tests.product import Product

EVIL = (
    '<img src="https://evil.example/a.png" onerror="document.title=\'owned\'"> '
    "<script>document.title='owned'</script> "
    "![tracker](https://evil.example/b.png) [press me](javascript:document.title='owned') "
    "<b onclick=alert(1)>bold</b>"
)
# Everything that is inline, in the page and in the shadow trees of its elements.
INLINE = """() => {
  const found = [];
  const look = root => root.querySelectorAll('*').forEach(element => {
    if (element.matches('style, script:not([src])')) found.push(element.outerHTML);
    for (const {name} of element.attributes)
      if (name === 'style' || name.startsWith('on')) found.push(`${element.localName} ${name}`);
    if (element.shadowRoot) look(element.shadowRoot);
  });
  look(document);
  return found;
}"""
MADE_FROM_WORDS = "img, script, b, iframe, a[href^='javascript:' i]"


def requests_of(page: Page) -> list[str]:
    """Addresses that the page asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def nothing_was_made(page: Page, asked: list[str], base: str) -> None:
    """Nothing of `EVIL` became an element, ran, or was fetched."""
    bubbles = page.locator(".message .bubble")
    expect(bubbles.locator(MADE_FROM_WORDS)).to_have_count(0)
    assert page.title() != "owned"
    assert [address for address in asked if not address.startswith(base)] == []


def test_what_the_person_types_is_shown_as_it_was_typed(visit: Visits, product: Product) -> None:
    fiona = visit("fiona@northwind.example").open()
    asked = requests_of(fiona.page)
    fiona.say(EVIL)
    assert fiona.said("user") == [EVIL]
    fiona.page.reload()
    fiona.open()
    assert fiona.said("user") == [EVIL]
    nothing_was_made(fiona.page, asked, product.base)


def test_what_is_said_in_a_form_is_text_on_card_receipt_and_desk(
    visit: Visits, product: Product
) -> None:
    vik = visit("vik@northwind.example", timezone_id="Europe/London").open()
    asked = requests_of(vik.page)
    topic = "<img src=x onerror=alert(1)> **roles**"
    vik.ask_for_training(Wishes(day=13, own_topic=topic))
    expect(vik.card).to_contain_text(topic)
    number = vik.confirm()
    expect(vik.receipts).to_contain_text(topic)
    assert vik.widget.locator("img").count() == 0

    lee = visit.desk("Lee Castellwyn")
    at_desk = requests_of(lee)
    lee.goto(f"/console/cases/{number}")
    expect(lee.locator("#sec-engagement")).to_contain_text(topic)
    expect(lee.locator("#sec-transcript")).to_contain_text(topic)
    assert lee.locator("#main img").count() == 0
    assert all(address.startswith(product.base) for address in asked + at_desk)


def test_what_an_agent_answers_makes_no_elements_and_fetches_nothing(
    visit: Visits, product: Product
) -> None:
    viola = visit("viola@northwind.example", timezone_id="Europe/Rome").open()
    asked = requests_of(viola.page)
    viola.ask_for_training(Wishes(day=14, own_topic="Roles"))
    number = viola.confirm()
    lee = product.client("lee@support.example")
    lee.http.post(f"/cases/{number}/replies", json={"text": EVIL}).raise_for_status()
    answer = viola.widget.locator(".message.person .bubble")
    expect(answer).to_contain_text("<script>document.title='owned'</script>")
    expect(answer).to_contain_text('<img src="https://evil.example/a.png')
    expect(answer).to_contain_text("<b onclick=alert(1)>bold</b>")
    nothing_was_made(viola.page, asked, product.base)


@pytest.mark.parametrize("address", ["/", "/console", "/console/sign-in"])
def test_the_policy_allows_nothing_inline(visit: Visits, address: str) -> None:
    answer = visit.page().goto(address)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


def test_no_page_has_anything_inline(visit: Visits) -> None:
    chat = visit("nick@northwind.example").open()
    chat.say("I need training on CLC")
    assert chat.page.evaluate(INLINE) == []
    lee = visit.desk("Lee Castellwyn")
    assert lee.evaluate(INLINE) == []


def test_a_refusal_by_the_policy_would_be_noticed(visit: Visits) -> None:
    page = visit("nick@northwind.example").page
    page.evaluate(
        """() => {
          const script = document.createElement('script');
          script.append('document.title = "owned"');
          document.body.append(script);
        }"""
    )
    page.wait_for_timeout(100)
    assert page.title() != "owned"
    assert any("policy" in complaint.lower() for complaint in visit.complaints)
    visit.complaints.clear()


def test_only_links_that_lead_to_the_web_can_be_followed(visit: Visits) -> None:
    chat = visit("nick@northwind.example").open()
    chat.say("I need training on CLC")
    assert outward(chat)
    for address, rel in outward(chat):
        assert address.startswith(("https://", "http://"))
        assert {"noopener", "noreferrer"} <= set(rel.split())


def outward(chat: Chat) -> list[tuple[str, str]]:
    """Address and `rel` of each link in the transcript."""
    drawn = chat.widget.locator(".message a").evaluate_all(
        "found => found.map(link => [link.href, link.rel])"
    )
    return [(address, rel) for address, rel in drawn]
