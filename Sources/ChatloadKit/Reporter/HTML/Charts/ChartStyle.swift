/// The part of the page's style that is about charts, small screens and paper.
enum ChartStyle {
    static let text: StaticString = """

        .chart{margin:24px 0 32px}
        figcaption{font-weight:600;margin-bottom:4px}
        .pair{display:grid;grid-template-columns:1fr 1fr;gap:0 32px}
        .legend{display:flex;flex-wrap:wrap;gap:2px 16px;margin:0 0 6px;padding:0;list-style:none;
        font-size:13px;color:var(--soft)}
        .key{width:24px;height:8px;margin-right:6px;vertical-align:1px}
        .plot{position:relative;padding:10px 12px 0 64px;font-size:12px;color:var(--soft);
        line-height:1.2}
        .panels{position:relative}
        .panel{position:relative}
        .panel svg{display:block;width:100%;height:100%;overflow:visible}
        .head{display:flex;flex-wrap:wrap;gap:0 20px;align-items:baseline;margin:14px 0 6px}
        .head:first-child{margin-top:0}.head b{color:var(--ink);font-weight:500}
        .head .legend{margin:0;font-size:12px}
        .rows{padding-left:min(230px,38%)}.rows .y span{max-width:none;width:min(218px,34vw)}
        .rows .y span{text-align:right}
        .wait{fill:var(--c0)}.read{fill:var(--c4)}.join{fill:var(--c1)}.held{fill:var(--c5)}
        .lost{fill:var(--c3)}
        path.wait{stroke:var(--c0)}path.read{stroke:var(--c4)}path.join{stroke:var(--c1)}
        path.held{stroke:var(--c5)}path.lost{stroke:var(--c3)}
        .block{stroke-width:8}.thin{stroke-width:3}
        .row{fill:transparent}
        details{margin:8px 0;border-bottom:1px solid var(--rule)}
        summary{cursor:pointer;padding:6px 0;overflow-wrap:anywhere}
        .y span{position:absolute;right:100%;margin-right:8px;transform:translateY(50%);
        white-space:nowrap;max-width:56px;overflow:hidden;text-overflow:ellipsis}
        .x{position:relative;height:16px;margin-top:6px}
        .x span{position:absolute;transform:translateX(-50%);white-space:nowrap}
        .x .end{transform:translateX(calc(8px - 100%))}
        .title{text-align:center;margin-top:2px}
        .marks{position:absolute;inset:0;width:100%;height:100%}
        .grid{stroke:var(--rule);stroke-width:1;fill:none;vector-effect:non-scaling-stroke}
        .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round;
        vector-effect:non-scaling-stroke}
        .dot{fill:none;stroke-width:6;stroke-linecap:round;vector-effect:non-scaling-stroke}
        path.dot{stroke-dasharray:none}
        .s0{stroke:var(--c0)}.s1{stroke:var(--c1);stroke-dasharray:7 4}
        .s2{stroke:var(--c2);stroke-dasharray:2 4}.s3{stroke:var(--c3);stroke-dasharray:12 4}
        .s6{stroke:var(--soft);stroke-dasharray:2 3}
        .shade{fill:var(--soft);opacity:.12}
        .s4{stroke:var(--c4);stroke-dasharray:12 4 2 4}.s5{stroke:var(--c5);stroke-dasharray:4 4}
        .bar{fill:var(--c0);stroke:var(--ground);stroke-width:1;vector-effect:non-scaling-stroke}
        .h0{--c:var(--h0)}.h1{--c:var(--h1)}.h2{--c:var(--h2)}.h3{--c:var(--h3)}.h4{--c:var(--h4)}
        .h5{--c:var(--h5)}.h6{--c:var(--h6)}
        rect[class*=" h"]{fill:var(--c)}
        .swatch{stroke:var(--c);stroke-width:8}
        .marks .m{fill:transparent}
        .m.on,.marks .m:hover{stroke:var(--ink);stroke-width:1;vector-effect:non-scaling-stroke}
        #tip{position:fixed;z-index:9;pointer-events:none;padding:6px 10px;border-radius:4px;
        background:var(--ink);color:var(--ground);font-size:13px;line-height:1.4;white-space:pre;
        max-width:min(92vw,420px);overflow:hidden;text-overflow:ellipsis}
        @media (max-width:760px){main{padding:16px 12px 48px}.pair{grid-template-columns:1fr}
        .minor{display:none}.plot{padding-left:56px;padding-right:8px}.tiles dd{font-size:18px}
        .tiles{grid-template-columns:repeat(auto-fill,minmax(140px,1fr));gap:8px}}
        @media not screen{body{font-size:11px}main{max-width:none;padding:0}nav,#tip{display:none}
        h2{break-after:avoid;margin-top:24px}.chart,.tiles,.verdict,tr{break-inside:avoid}
        .scroll{overflow:visible}table{font-size:8.5px}th,td{padding:2px 3px}
        thead th{font-size:8.5px;white-space:normal}td code{font-size:8px;min-width:0}
        tbody th{min-width:0}th button::after{content:none}}
        @media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}

        """
}
