package bench

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/vc"
)

// An SDU of every size tells its number and its time, and is damaged by every changed bit and every other length.
func TestSeal(t *testing.T) {
	want := header{kind: kindData, number: 1<<40 + 3, at: 5 * time.Second}
	for _, size := range []int{MinSize, MinSize + 1, 64, 1492, vc.MaxSDULen} {
		p := make([]byte, size)
		seal(p, want)
		if got, ok := parse(p); !ok || got != want {
			t.Errorf("%d octets: %+v, %v", size, got, ok)
		}
		if _, ok := parse(p[:size-1]); ok {
			t.Errorf("%d octets without the last one pass", size)
		}
		if _, ok := parse(append(slices.Clone(p), 0)); ok {
			t.Errorf("%d octets with one more pass", size)
		}
		for _, bit := range []int{0, 8, 9, 37, 70, 150, 8*size - 1} {
			p[bit/8] ^= 1 << (bit % 8)
			if _, ok := parse(p); ok {
				t.Errorf("%d octets pass without bit %d", size, bit)
			}
			p[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// What is joined of two SDUs is none: their bodies differ.
func TestMixture(t *testing.T) {
	a, b := make([]byte, 3000), make([]byte, 3000)
	seal(a, header{kind: kindData, number: 7})
	seal(b, header{kind: kindData, number: 8})
	if bytes.Equal(a[1492:], b[1492:]) {
		t.Fatal("the bodies are the same")
	}
	copy(a[1492:], b[1492:])
	if _, ok := parse(a); ok {
		t.Error("a mixture passes")
	}
}

// A report says what the sink has counted, and fits in what the calling side asks for.
func TestReport(t *testing.T) {
	want := Outcome{
		SDUs: 99, Octets: 9900, Duration: 1000, Rate: 79200, Lost: 1, Loss: 0.01, Reordered: 3, Deepest: 4, Duplicates: 5, Damaged: 6,
		Variation: Times{Min: 0.1, Mean: 2, P50: 3, P90: 4, P99: 5, P999: 6, Max: 7.5},
	}
	p := want.report(100)
	if h, ok := parse(p); !ok || h.kind != kindReport || h.number != 100 || len(p) != reportSize {
		t.Fatalf("%d octets with %+v, %v", len(p), h, ok)
	}
	got, err := parseReport(p, 100)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := parseReport(p[:len(p)-8], 100); err == nil {
		t.Error("a shorter report is read")
	}
}

// Whatever comes is read or refused.
func FuzzParse(f *testing.F) {
	p := make([]byte, 40)
	seal(p, header{kind: kindData, number: 1})
	f.Add(p)
	f.Add((&Outcome{SDUs: 1}).report(2))
	f.Add([]byte{kindData})
	f.Fuzz(func(t *testing.T, p []byte) {
		h, ok := parse(p)
		if ok {
			again := slices.Clone(p)
			stamp(again, h)
			if !bytes.Equal(again, p) {
				t.Errorf("%x is stamped %x", p, again)
			}
		}
		if o, err := parseReport(p, 5); err == nil {
			if len(p) != reportSize || o.Loss < 0 {
				t.Errorf("%d octets are the report %+v", len(p), o)
			}
		}
	})
}

// Sizes are read as they are meant, or what is right is told.
func TestParseRange(t *testing.T) {
	for text, want := range map[string][2]int{
		"24": {24, 24}, "1024": {1024, 1024}, "64-1492": {64, 1492}, "24-65535": {24, 65535}, "100-100": {100, 100},
		"": {}, "-": {}, "24-": {}, "-24": {}, "23": {}, "65536": {}, "100-99": {}, "1-2-3": {}, "64 ": {}, "0x40": {},
	} {
		low, high, err := ParseRange(text)
		if bad := want == [2]int{}; (err != nil) != bad || !bad && [2]int{low, high} != want {
			t.Errorf("%q is %d to %d, %v", text, low, high, err)
		}
	}
}

// The contract has room for exactly the cells of the SDUs at the rate.
func TestContract(t *testing.T) {
	for _, tc := range []struct {
		low, high int
		rate      vc.BitRate
		pcr       uint32
	}{
		{40, 40, 320_000, 1001}, // one cell each, 1000 a second, and what is rounded up
		{41, 41, 328_000, 2001}, // two
		{40, 41, 324_000, 1501}, // one and a half
		{1024, 1024, 0, 0},
	} {
		s := Source{Smallest: tc.low, Largest: tc.high, Rate: tc.rate}
		c, err := s.Contract()
		if err != nil {
			t.Fatal(err)
		}
		if got := c.GetForward().GetPcr(); got != tc.pcr && got != tc.pcr-1 {
			t.Errorf("%d to %d octets at %v: %d cells/s, want %d", tc.low, tc.high, tc.rate, got, tc.pcr)
		}
	}
	s := Source{Smallest: 64, Largest: 64, Rate: 1e10}
	if _, err := s.Contract(); err == nil {
		t.Error("a rate beyond every contract has one")
	}
}

// SDUs are due by the clock, and what was missed is made up for in batches.
func TestPacer(t *testing.T) {
	s := &Source{Smallest: 100, Largest: 100, Rate: 8000} // ten a second
	p := pacer{source: s, batch: newBatch(100)}
	for _, step := range []struct {
		at   time.Duration
		want int
	}{{0, 1}, {50 * time.Millisecond, 0}, {100 * time.Millisecond, 1}, {time.Second, 9}, {20 * time.Second, batchMost}, {20 * time.Second, batchMost}} {
		if got := len(p.due(step.at, step.at)); got != step.want {
			t.Errorf("at %v: %d due, want %d", step.at, got, step.want)
		}
	}
	if n := len(newBatch(vc.MaxSDULen)); n*vc.MaxSDULen > batchOctets {
		t.Errorf("%d of the largest SDUs are moved at once", n)
	}
	mixed := &Source{Smallest: 24, Largest: 26}
	p = pacer{source: mixed, batch: newBatch(26), sizes: newSizes()}
	sizes := map[int]int{}
	for _, sdu := range p.due(0, 0) {
		sizes[len(sdu.Payload)]++
	}
	if len(sizes) != 3 || sizes[24] == 0 || sizes[26] == 0 {
		t.Errorf("sizes are %v", sizes)
	}
}

// Numbers and times are told in few digits.
func TestTexts(t *testing.T) {
	for want, got := range map[string]string{
		"0": Count(0), "0.5": Count(0.5), "12.0": Count(12), "1234": Count(1234), "12.3 k": Count(12345), "1.23 M": Count(1234567),
		"83.4µs": Microseconds(83.4), "1.234ms": Microseconds(1234.4), "2.5s": Microseconds(2.5e6), "0s": Microseconds(0),
		"1Mbit/s": Bits(1e6), "0bit/s": Bits(-1),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
