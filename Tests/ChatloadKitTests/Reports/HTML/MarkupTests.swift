import Testing

@testable import ChatloadKit

@Suite struct MarkupTests {
    @Test(arguments: [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\"></svg>", "&quot;&gt;&lt;/svg&gt;"), ("' onload='x", "&#39; onload=&#39;x"),
        ("a & b &amp; c", "a &amp; b &amp;amp; c"), ("two\nlines", "two\\nlines"),
        ("\u{202E}gnp.exe", "\\u{202e}gnp.exe"), ("\u{0}", "\\u{0}"), ("机器人 é", "机器人 é"),
    ])
    func textsAreShownAndDoNothing(text: String, html: String) {
        let markup: Markup = "<p title=\"\(text)\">\(text)</p>"
        #expect(markup.text == "<p title=\"\(html)\">\(html)</p>")
    }

    @Test func piecesStayPieces() {
        let inner: Markup = "<b>\("x<y")</b>"
        let outer: Markup = "<p>\([inner, inner]) \(7) \(inner)</p>"
        #expect(outer.text == "<p><b>x&lt;y</b><b>x&lt;y</b> 7 <b>x&lt;y</b></p>")
    }

    @Test(arguments: [
        (0.0, "0"), (1, "1"), (-1.5, "-1.5"), (0.05, "0.05"), (12.999, "13"), (1e300, "0"),
        (-0.001, "0"), (.nan, "0"), (.infinity, "0"), (99.1, "99.1"), (333.333, "333.33"),
    ])
    func lengthsAreShort(value: Double, text: String) {
        #expect(HTMLText.length(value) == text)
    }

    @Test func aLongTextIsCut() {
        #expect(HTMLText.clipped("abc", to: 3) == "abc")
        #expect(HTMLText.clipped("abcd", to: 3) == "abc…")
        #expect(HTMLText.clipped("", to: 3) == "")
    }

    @Test func aPageForbidsTheNetwork() throws {
        let page = Page(title: "<t>", head: "<p>x</p>", sections: []).html
        #expect(page.contains("content=\"default-src &#39;none&#39;; "))
        #expect(page.contains("<title>&lt;t&gt;</title>"))
        for word in ["http:", "https:", "url(", "@import", "src=", "eval(", "innerHTML"] {
            #expect(!page.contains(word))
        }
    }
}
