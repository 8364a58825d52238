package bench_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/lab/bench"
)

func TestSpread(t *testing.T) {
	for _, tc := range []struct {
		samples          []float64
		median, min, max float64
	}{
		{[]float64{3}, 3, 3, 3},
		{[]float64{5, 1, 3}, 3, 1, 5},
		{[]float64{4, 1, 2, 9}, 3, 1, 9},
	} {
		before := slices.Clone(tc.samples)
		got := bench.SpreadOf(tc.samples)
		want := bench.Spread{Median: tc.median, Min: tc.min, Max: tc.max, Samples: before}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: %s", before, diff)
		}
	}
}

// TestDefs wants the rows to be told apart, and each to have a target that can be judged and a benchmark that there
// is.
func TestDefs(t *testing.T) {
	seen := make(map[string]bool)
	for _, d := range bench.Defs {
		if seen[d.ID] {
			t.Errorf("two rows are %s", d.ID)
		}
		seen[d.ID] = true
		if (d.Target.Least == nil) == (d.Target.Most == nil) {
			t.Errorf("%s: want one bound", d.ID)
		}
		if d.Target.Of == bench.OfRatio && d.Beside == "" {
			t.Errorf("%s: a ratio to nothing", d.ID)
		}
		name, _, _ := strings.Cut(d.Bench, "/")
		if !declared(t, d.Package, name) {
			t.Errorf("%s: %s has no %s", d.ID, d.Package, name)
		}
		if got, ok := bench.DefOf(d.ID); !ok || got.Measure != d.Measure {
			t.Errorf("%s is not found", d.ID)
		}
	}
	if _, ok := bench.DefOf("frame"); ok {
		t.Error("there is a row frame")
	}
}

// declared reports whether a package has a benchmark.
func declared(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("\nfunc "+name+"(b *testing.B)")) {
			return true
		}
	}
	return false
}

func TestPlan(t *testing.T) {
	type step struct{ Package, Pattern string }
	for _, tc := range []struct {
		name, match string
		root        bool
		steps       []step
		missing     []string // by their names, when nothing has been measured
	}{
		{
			"by name", "^frame/64", true,
			[]step{{"./lab/e2e", "^BenchmarkVC$/^octets=64$|^BenchmarkVCOverXDP$/^octets=64$"}},
			[]string{"frame/64: failed", "frame/64/xdp: failed"},
		},
		{
			"one benchmark for three rows", "round trip", true,
			[]step{{"./lab/e2e", "^BenchmarkVC$/^round-trip$"}},
			[]string{"rtt/p50: failed", "rtt/p99: failed", "rtt/p50/two-cores: failed"},
		},
		{
			"without root", "crc/48|flood", false,
			[]step{{"./datapath/aal5", "^BenchmarkISAL$"}},
			[]string{"crc/48: failed", "flood: network namespaces need root"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, err := bench.NewPlan(tc.match, tc.root)
			if err != nil {
				t.Fatal(err)
			}
			var steps []step
			for _, s := range p.Steps {
				steps = append(steps, step{s.Package, s.Pattern})
			}
			if diff := cmp.Diff(tc.steps, steps); diff != "" {
				t.Error(diff)
			}
			var missing []string
			for _, r := range p.Finish(nil, "failed") {
				missing = append(missing, r.ID+": "+r.Missing)
			}
			if diff := cmp.Diff(tc.missing, missing); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, match := range []string{"no such row", "("} {
		if _, err := bench.NewPlan(match, true); err == nil {
			t.Errorf("%q makes a plan", match)
		}
	}
}

// TestPlanOfAll wants a run of all to have every row once, in order.
func TestPlanOfAll(t *testing.T) {
	p, err := bench.NewPlan("", true)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, d := range bench.Defs {
		want = append(want, d.ID)
	}
	for _, r := range p.Finish(nil, "failed") {
		got = append(got, r.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// benchmarkReport is what TestReport runs.
func benchmarkReport(b *testing.B) {
	b.Helper()
	n := 0.0
	c := bench.Measure(b, func(c bench.Columns) {
		n++
		c.Add("ours", 2*n)
		c.Add("bare", 4*n)
		c.Add("ns", n)
	})
	bench.Report(b, "frame/64", bench.Figures{Ours: c["ours"], Beside: c["bare"], UDP: c["bare"], Others: c.Some("ns")})
}

// TestReport has a benchmark tell its pairs and its row by a file, and a listener take them.
func TestReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows")
	t.Setenv(bench.RowsEnv, path)
	t.Setenv(bench.PairsEnv, "3")
	runOnce(t, benchmarkReport)
	rows, shown := listen(t, path)
	if len(rows) != 1 {
		t.Fatalf("%d rows, want 1", len(rows))
	}
	r := rows[0]
	if r.ID != "frame/64" || r.Ours.Median != 4 || r.Beside.Figure.Median != 8 || r.Ratio.Median != 0.5 ||
		r.UDP.Max != 12 || r.Others["ns"].Min != 1 || len(r.Ours.Samples) != 3 || *r.Met {
		t.Errorf("%.200v", r)
	}
	want := "...    64-octet SDUs, frame mode: 0.004 k/s; bare path: 0.008 k/s; ratio 0.500 (0.500 to 0.500); target ≥ 0.95 ×: met: no\n"
	if shown != want { // a benchmark that a test runs has no name, so its dots have no line
		t.Errorf("shown %.200q, want %q", shown, want)
	}
}

// runOnce runs a benchmark for one iteration.
func runOnce(t *testing.T, f func(b *testing.B)) {
	t.Helper()
	times := flag.Lookup("test.benchtime").Value
	before := times.String()
	if err := times.Set("1x"); err != nil {
		t.Fatal(err)
	}
	r := testing.Benchmark(f)
	if err := times.Set(before); err != nil {
		t.Fatal(err)
	}
	if r.N != 1 {
		t.Fatalf("the benchmark ran %d times", r.N)
	}
}

// listen takes the events of a file as those of all rows in namespaces.
func listen(t *testing.T, path string) ([]bench.Row, string) {
	t.Helper()
	p, err := bench.NewPlan("", true)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := bench.End(f); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	l := bench.NewListener(&p.Steps[0], &shown)
	if err := l.Listen(f); err != nil {
		t.Fatal(err)
	}
	return l.Rows(), shown.String()
}

// TestSkipped: what a benchmark cannot do is missing from the rows of all those below it, and of no other.
func TestSkipped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rows")
	if err := os.WriteFile(path, []byte(`{"bench":"BenchmarkVC","skipped":"no reason"}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	rows, _ := listen(t, path)
	var got []string
	for _, r := range rows {
		got = append(got, r.ID)
		if r.Missing != "no reason" || r.Ours != nil {
			t.Errorf("%+v", r)
		}
	}
	want := []string{"frame/1492", "frame/64", "both/1492", "both/64", "rtt/p50", "rtt/p99", "rtt/p50/two-cores"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestGarbage: what is no event is an error, not a row.
func TestGarbage(t *testing.T) {
	p, err := bench.NewPlan("", true)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"nonsense", `{"id":"frame/64","figures":7}`} {
		l := bench.NewListener(&p.Steps[0], io.Discard)
		if err := l.Listen(strings.NewReader(text)); err == nil || len(l.Rows()) != 0 {
			t.Errorf("%q: %d rows, %v", text, len(l.Rows()), err)
		}
	}
}

// result makes a result of some rows; each has one ratio or figure for each pair.
func result(rows map[string][]float64) *bench.Result {
	r := &bench.Result{
		Schema: bench.Schema, When: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), Commit: "0123456789ab", Pairs: 5, Turn: 0.35,
		Machine: bench.Machine{CPU: "Processor", Cores: 2, Kernel: "6.18", Go: "go1.26", Load: 0.5},
	}
	for i := range bench.Defs {
		d := &bench.Defs[i]
		samples := rows[d.ID]
		if samples == nil {
			continue
		}
		s := bench.SpreadOf(samples)
		met := d.Target.Met(&s)
		row := bench.Row{ID: d.ID, Measure: d.Measure, Unit: d.Unit, Ours: &s, Target: &d.Target, Met: &met}
		if d.Beside != "" {
			row.Ratio, row.Beside = &s, &bench.Beside{Name: d.Beside, Figure: bench.SpreadOf([]float64{1})}
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

func TestMarkdown(t *testing.T) {
	r := result(map[string][]float64{"frame/64": {1, 0.9, 1.2}, "dispatch/one": {21.25}, "flood": {0, 0, 3}})
	udp := bench.SpreadOf([]float64{1.5e6})
	r.Rows[0].UDP = &udp
	r.Rows = append(r.Rows, bench.Row{ID: "crc/48", Measure: "AAL5 CRC of 48 octets", Unit: bench.Gigabytes, Missing: "no library"})
	want := `
| measure                                              | ours                     | compared with        | UDP sockets | ratio (least to most)        | target    | met |
| ---------------------------------------------------- | ------------------------ | -------------------- | ----------- | ---------------------------- | --------- | --- |
| 64-octet SDUs, frame mode                            | 0.001 k/s                | bare path: 0.001 k/s | 1.50 M/s    | 1.00 (0.900 to 1.20)         | ≥ 0.95 ×  | yes |
| dispatcher alone, a frame, one VC                    | 21.2 ns                  | –                    | –           | – (ours: 21.2 ns to 21.2 ns) | ≤ 25.0 ns | yes |
| lost by four CBR VCs beside one that floods its ring | 0                        | –                    | –           | – (ours: 0 to 3)             | ≤ 0       | no  |
| AAL5 CRC of 48 octets                                | not measured: no library | –                    | –           | –                            | –         | –   |

Medians of 5 alternate pairs, 0.35 s a turn; Processor, 2 cores, Linux 6.18, go1.26, load 0.5 before; commit 0123456789ab, 2026-07-01.
`
	if diff := cmp.Diff(want, "\n"+r.Markdown()); diff != "" {
		t.Error(diff)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "result.json")
	want := result(map[string][]float64{"frame/64": {1, 0.9, 1.2}, "flood": {0}})
	if err := want.Save(path); err != nil {
		t.Fatal(err)
	}
	got, err := bench.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, text := range map[string]string{"no JSON": "rows", "another schema": `{"schema": 2}`, "no schema": `{}`} {
		path := filepath.Join(dir, "other")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := bench.Load(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := bench.Load(filepath.Join(dir, "none")); err == nil {
		t.Error("a file that there is not is a result")
	}
}

// TestCompare wants the changes told by direction, and noise as no change.
func TestCompare(t *testing.T) {
	before := map[string][]float64{
		"frame/64": {1.0, 0.9, 1.1}, "frame/1492": {1.0, 0.9, 1.1}, "rtt/p50": {2, 2, 2}, "dispatch/one": {20, 19, 21},
		"flood": {0, 0, 0}, "crc/48": {1},
	}
	after := map[string][]float64{
		"frame/64": {1.3, 1.2, 1.4}, "frame/1492": {1.05, 0.8, 1.2}, "rtt/p50": {4, 4, 4}, "dispatch/one": {20, 19, 21},
		"flood": {7, 7, 7}, "crc/1536": {1},
	}
	table := bench.Compare(result(before), result(after))
	for _, want := range []string{
		"| 64-octet SDUs, frame mode | ratio | 1.00 (0.900 to 1.10) | 1.30 (1.20 to 1.40) | +30.0 % | yes, better | met |",
		"| 1492-octet SDUs, frame mode | ratio | 1.00 (0.900 to 1.10) | 1.05 (0.800 to 1.20) | +5.0 % | no | met |",
		"| round trip of 64 octets, p50 | ratio | 2.00 (2.00 to 2.00) | 4.00 (4.00 to 4.00) | +100.0 % | yes, worse | missed |",
		"| dispatcher alone, a frame, one VC | figure | 20.0 ns (19.0 ns to 21.0 ns) | 20.0 ns (19.0 ns to 21.0 ns) | 0 % | no | met |",
		"| lost by four CBR VCs beside one that floods its ring | figure | 0 (0 to 0) | 7 (7 to 7) | from 0 | yes, worse | missed |",
		"| AAL5 CRC of 48 octets | ratio | 1.00 (1.00 to 1.00) | not in the new result | – | – | – |",
		"| AAL5 CRC of 1536 octets | ratio | not in the old result | 1.00 (1.00 to 1.00) | – | – | met |",
	} {
		if flat := regexp.MustCompile(` +`).ReplaceAllString(table, " "); !strings.Contains(flat, want) {
			t.Errorf("there is no line %s in\n%s", want, flat)
		}
	}
	if strings.Contains(table, "machines differ") {
		t.Error("a machine differs from itself")
	}
	other := result(after)
	other.Machine.Cores = 64
	if !strings.Contains(bench.Compare(result(before), other), "machines differ") {
		t.Error("machines with 2 and 64 cores are taken for the same")
	}
}

func TestPutTable(t *testing.T) {
	const begin, end = "<!-- The table is written by make bench-readme. -->\n", "<!-- end of the table -->\n"
	r := result(map[string][]float64{"flood": {0}})
	got, err := bench.PutTable("above\n"+begin+"old\n"+end+"below\n", r)
	if want := "above\n" + begin + r.Markdown() + end + "below\n"; err != nil || got != want {
		t.Errorf("%v, %q", err, got)
	}
	again, err := bench.PutTable(got, r)
	if err != nil || again != got {
		t.Errorf("a second time it is another: %v, %q", err, again)
	}
	for _, guide := range []string{"", begin, end} {
		if _, err := bench.PutTable(guide, r); err == nil {
			t.Errorf("%q has a place for the table", guide)
		}
	}
}

// TestReadme wants the guide to have every row.
func TestReadme(t *testing.T) {
	guide, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bench.PutTable(string(guide), result(nil)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(guide), "\n")
	at := 0
	for _, d := range bench.Defs {
		n := slices.IndexFunc(lines[at:], func(line string) bool { return strings.HasPrefix(line, "| "+d.Measure+" ") })
		if n < 0 {
			t.Fatalf("the table has no row %q in its place: make bench, make bench-readme", d.Measure)
		}
		at += n + 1
	}
}

func TestMachine(t *testing.T) {
	m := bench.ThisMachine()
	if m.CPU == "" || m.Cores < 1 || m.Kernel == "unknown" || !strings.HasPrefix(m.Go, "go") {
		t.Errorf("%+v", m)
	}
	if s := m.String(); !strings.Contains(s, fmt.Sprintf("%d cores", m.Cores)) || !strings.Contains(s, m.CPU) {
		t.Error(s)
	}
}

// TestSpeed measures work that takes no time and work that takes some.
func TestSpeed(t *testing.T) {
	t.Setenv(bench.TurnEnv, "1ms")
	buf := make([]byte, 1<<16)
	few := bench.Speed(func() int { clear(buf); return 1 })
	many := bench.Speed(func() int { clear(buf); return 1000 })
	if few <= 0 || many < 10*few {
		t.Errorf("%v GB/s of one octet a call, %v of a thousand", few, many)
	}
}
