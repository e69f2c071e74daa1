package compare

import (
	"cmp"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
)

// A language is what a chart says.
type language struct {
	file, title string
	ours, demo  string
	times       string // with the ratio
	groups      [4]string
	machine     string
}

var languages = []language{
	{
		"compare-en.svg", "These functions beside the 2018 demo's way",
		"ours", "demo's way, SDK %s", "%s times ours",
		[4]string{"First answer of an enter, from nothing", "Enter, warm (median)", "Processor time of an enter, warm", "Memory of the largest function"},
		"Measured in turns in one run, on %s with %d cores: go run ./scripts/load -compare",
	},
	{
		"compare-zh.svg", "与 2018 年示例的做法对比",
		"本项目", "示例的做法，SDK %s", "本项目的 %s 倍",
		[4]string{"冷启动后首次进房的响应时间", "热启动进房（中位数）", "热启动进房占用的 CPU 时间", "最大的云函数占用的内存"},
		"同一次运行中交替测得，%s，%d 核：go run ./scripts/load -compare",
	},
}

// WriteCharts writes a chart in each language into a folder.
func (r *Report) WriteCharts(dir string) error {
	for _, l := range languages {
		if err := os.WriteFile(filepath.Join(dir, l.file), []byte(r.chart(l)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// chart draws what was measured with the whole machine, as bars.
func (r *Report) chart(l language) string {
	const width, label, bars, line = 760, 190, 330, 24
	values := [4]struct {
		of   func(Subject) float64
		show func(float64) string
	}{
		{func(s Subject) float64 { return find(r.Whole, s.Name, "create").First }, showMS},
		{func(s Subject) float64 { return find(r.Whole, s.Name, "enter").Median }, showMS},
		{func(s Subject) float64 { return find(r.Whole, s.Name, "enter").CPU }, showMS},
		{func(s Subject) float64 { return float64(s.Memory) }, showMB},
	}
	var b strings.Builder
	y := 64
	for i, v := range values {
		subjects := r.Whole[1:] // ours is the first of them
		most, ours := 0.0, v.of(subjects[0])
		for _, s := range subjects {
			most = max(most, v.of(s))
		}
		if ours == 0 {
			continue // which isn't measured here
		}
		fmt.Fprintf(&b, `<text class="group" x="20" y="%d">%s</text>`+"\n", y, html.EscapeString(l.groups[i]))
		for j, s := range subjects {
			y += line
			name, class, says := l.ours, "ours", ""
			if j > 0 {
				name, class = fmt.Sprintf(l.demo, strings.TrimPrefix(s.Name, "demo, SDK ")), "demo"
				says = "  " + fmt.Sprintf(l.times, short(v.of(s)/ours))
			}
			length := max(2, int(bars*v.of(s)/most))
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, label-8, y, html.EscapeString(name))
			fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%d" width="%d" height="14" rx="2"/>`, class, label, y-12, length)
			fmt.Fprintf(&b, `<text x="%d" y="%d"><tspan class="value">%s</tspan>%s</text>`+"\n", label+length+8, y, v.show(v.of(s)), html.EscapeString(says))
		}
		y += line + 14
	}
	foot := fmt.Sprintf(l.machine, r.OS, cmp.Or(r.Cores, 1))
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="%[3]s">
<style>
text { font: 13px system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", sans-serif; fill: #1f2328 }
.title { font-size: 17px; font-weight: 600 } .group { font-weight: 600 } .value { font-weight: 600 }
.foot { font-size: 11px; fill: #59636e } .ours { fill: #1a7f37 } .demo { fill: #9a6700 } .back { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .foot { fill: #9198a1 } .ours { fill: #3fb950 } .demo { fill: #d29922 } .back { fill: #0d1117 }
}
</style>
<rect class="back" width="%[1]d" height="%[2]d"/>
<text class="title" x="20" y="32">%[3]s</text>
%[4]s<text class="foot" x="20" y="%[5]d">%[6]s</text>
</svg>
`, width, y+18, html.EscapeString(l.title), b.String(), y, html.EscapeString(foot))
}
