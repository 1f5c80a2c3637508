"""What formats text stays in it; what runs, loads or deceives goes."""

import pytest

from shared.html import clean

HARMLESS = [
    "<p>A <b>bold</b> <i>word</i></p>",
    '<img src="https://example.com/a.png" alt="A" width="10">',
    '<table><tbody><tr><td colspan="2">A</td></tr></tbody></table>',
    "<ul><li>1</li></ul><h1>A</h1><blockquote>B</blockquote>",
    "1 &lt; 2 &amp; 3",
]
HARMFUL = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></sCrIpT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<p onclick=alert(1)>a</p>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">a</a>',
    '<a href=" jAvA\tscript:alert(1)">a</a>',
    '<a href="&#106;avascript:alert(1)">a</a>',
    '<a href="data:text/html,<script>alert(1)</script>">a</a>',
    '<a href="vbscript:alert(1)">a</a>',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    '<iframe src="https://evil.example"></iframe>',
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mtext><style><img src=x onerror=alert(1)></style></mtext></math>",
    '<form action="https://evil.example"><input name=a></form>',
    '<p style="background:url(javascript:alert(1))">a</p>',
    "<style>p{}</style><link rel=stylesheet href=//evil.example><base href=//evil.example><meta http-equiv=refresh>",
    "<object data=x></object><embed src=x>",
    "<!--<img src=x onerror=alert(1)>-->",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
]
NEVER = ("<script", "onclick", "onerror=", "onload", "javascript:", "vbscript:", "data:", "<iframe", "<svg", "<math")
NOR = ("<form", "<input", "<style", "style=", "<link", "<base", "<meta", "<object", "<embed", "<!--", "<noscript")


@pytest.mark.parametrize("html", HARMLESS)
def test_what_formats_text_stays(html: str) -> None:
    assert clean(html) == html


@pytest.mark.parametrize("html", HARMFUL)
def test_what_could_run_or_load_goes(html: str) -> None:
    # What is left of it as text is written so that no browser takes it for more.
    tags = clean(html).lower()
    assert not [word for word in (*NEVER, *NOR) if word in tags]


@pytest.mark.parametrize("html", [*HARMLESS, *HARMFUL])
def test_what_is_clean_stays_as_it_is(html: str) -> None:
    assert clean(clean(html)) == clean(html)


@pytest.mark.parametrize("address", ["https://example.com", "http://example.com", "mailto:a@example.com", "tel:+1"])
def test_links_go_to_the_web_a_mailbox_or_a_telephone(address: str) -> None:
    assert f'href="{address}"' in clean(f'<a href="{address}">a</a>')
    assert 'rel="noopener noreferrer"' in clean(f'<a href="{address}" target="_blank">a</a>')
