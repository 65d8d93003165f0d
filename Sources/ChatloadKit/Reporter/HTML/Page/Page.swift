import FoundationEssentials
import Networking

/// A whole page in one file: it opens from disk, needs no network, and its policy forbids any.
struct Page {
    struct Section {
        /// The element's name in the page.
        var id: String
        var title: String
        var content: Markup
    }

    var title: String
    /// What comes before the first section.
    var head: Markup
    /// Those without content are left out.
    var sections: [Section]

    var html: String {
        let shown = sections.filter { !$0.content.isEmpty }
        let page: Markup = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="generator" content="chatload">
            <meta name="referrer" content="no-referrer">
            <link rel="icon" href="data:,">
            <title>\(title)</title>
            <style>\(.verbatim(PageStyle.text))\(.verbatim(ChartStyle.text))</style>
            </head>
            <body>
            <main>
            \(head)\(Self.contents(shown))\(shown.map(Self.part))</main>
            <div id="tip" role="status" hidden></div>
            <script>\(.verbatim(PageScript.text))</script>
            </body>
            </html>

            """
        return page.text
    }

    /// Nothing may be loaded or sent, and no script runs but the page's own, known by its digest.
    private static var policy: String {
        let digest = SHA256.hash(Array("\(PageScript.text)".utf8))
        return [
            "default-src 'none'", "style-src 'unsafe-inline'", "img-src data:",
            "script-src 'sha256-\(Data(digest).base64EncodedString())'", "base-uri 'none'",
            "form-action 'none'",
        ].joined(separator: "; ")
    }

    private static func contents(_ sections: [Section]) -> Markup {
        let items = sections.map { "<li><a href=\"#\($0.id)\">\($0.title)</a></li>" as Markup }
        return "<nav aria-label=\"Contents\"><ul>\(items)</ul></nav>\n"
    }

    private static func part(_ section: Section) -> Markup {
        """
        <section id="\(section.id)" aria-labelledby="\(section.id)-title">
        <h2 id="\(section.id)-title">\(section.title)</h2>
        \(section.content)</section>

        """
    }
}
