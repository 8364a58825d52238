package nicio_test

import (
	"encoding/binary"
	"testing"

	"golang.org/x/net/bpf"

	"callmanager/nicio"
)

func mustMatch(tb testing.TB, f func(...nicio.Match) ([]bpf.RawInstruction, error), m ...nicio.Match) *bpf.VM {
	tb.Helper()
	prog, err := f(m...)
	if err != nil {
		tb.Fatal(err)
	}
	return vmOf(tb, prog)
}

func TestMatchFilterRefusesBadLists(t *testing.T) {
	for name, m := range map[string][]nicio.Match{
		"none": {}, "too many": make([]nicio.Match, nicio.MaxMatches+1), "21 bits": {{Label: 1 << 20}},
		"too far": {{At: nicio.MaxMatchAt + 1}}, "a value outside of the mask": {{Mask: 1, Value: 2}},
	} {
		if _, err := nicio.AcceptMatches(m...); err == nil {
			t.Errorf("AcceptMatches: %s: no error", name)
		}
		if _, err := nicio.RejectMatches(m...); err == nil {
			t.Errorf("RejectMatches: %s: no error", name)
		}
	}
	most := make([]nicio.Match, nicio.MaxMatches)
	for i := range most {
		most[i] = nicio.Match{Label: uint32(i), Mask: ^uint32(0)}
	}
	mustMatch(t, nicio.AcceptMatches, most...)
}

// FuzzMatchFilter compares both filters with what they are to do: a few matches with words near each other, so
// that some of them are true.
func FuzzMatchFilter(f *testing.F) {
	frame := octetsOf(frameOf(macB, macA, 0x20, 60, 1))
	f.Add(frame, uint32(0x20), uint8(4), uint32(0xfffffff0), uint8(3))
	f.Add(frame[:25], uint32(0x20), uint8(4), uint32(0), uint8(1))
	f.Add(frame[:17], uint32(0), uint8(0), uint32(1), uint8(24))
	f.Fuzz(func(t *testing.T, frame []byte, label uint32, at uint8, mask uint32, count uint8) {
		matches := make([]nicio.Match, count%nicio.MaxMatches+1)
		want := false
		for i := range matches {
			m := nicio.Match{Label: (label + uint32(i/2)) % (1 << 20), At: uint32(at) % (nicio.MaxMatchAt + 1), Mask: mask}
			from := 18 + int(m.At)
			if i&1 == 0 && len(frame) >= from+4 {
				m.Value = binary.BigEndian.Uint32(frame[from:]) & mask
			}
			matches[i] = m
			if len(frame) < 18 || binary.BigEndian.Uint32(frame[14:18])>>12 != m.Label {
				continue
			}
			want = want || mask == 0 || len(frame) >= from+4 && binary.BigEndian.Uint32(frame[from:])&mask == m.Value
		}
		for name, c := range map[string]struct {
			vm   *bpf.VM
			want bool
		}{"accept": {mustMatch(t, nicio.AcceptMatches, matches...), want}, "reject": {mustMatch(t, nicio.RejectMatches, matches...), !want}} {
			keep, err := c.vm.Run(frame)
			if err != nil || (keep > 0) != c.want || c.want && keep < len(frame) {
				t.Errorf("%s %+v: kept %d octets of %x, %v, want %v", name, matches, keep, frame, err, c.want)
			}
		}
	})
}

// TestMixedMatches: matches with and without a word, in any order, each by itself.
func TestMixedMatches(t *testing.T) {
	frame := octetsOf(frameOf(macB, macA, 0x20, 60, 1))
	word := binary.BigEndian.Uint32(frame[22:])
	for name, row := range map[string]struct {
		matches []nicio.Match
		want    bool
	}{
		"the label behind a word":  {[]nicio.Match{{Label: 0x21, At: 4, Mask: 1, Value: word & 1}, {Label: 0x20}}, true},
		"the label behind labels":  {[]nicio.Match{{Label: 0x21}, {Label: 0x22}, {Label: 0x20}}, true},
		"a word behind a label":    {[]nicio.Match{{Label: 0x21}, {Label: 0x20, At: 4, Mask: ^uint32(0), Value: word}}, true},
		"a word behind a word":     {[]nicio.Match{{Label: 0x20, At: 4, Mask: 1, Value: ^word & 1}, {Label: 0x20, At: 4, Mask: 1, Value: word & 1}}, true},
		"another word, the label":  {[]nicio.Match{{Label: 0x20, At: 4, Mask: 1, Value: ^word & 1}, {Label: 0x20}}, true},
		"another word, no label":   {[]nicio.Match{{Label: 0x20, At: 4, Mask: 1, Value: ^word & 1}, {Label: 0x21}}, false},
		"a word beyond, the label": {[]nicio.Match{{Label: 0x20, At: 64, Mask: 1, Value: 1}, {Label: 0x20}}, true},
		"a word beyond":            {[]nicio.Match{{Label: 0x21}, {Label: 0x20, At: 64, Mask: 1, Value: 1}}, false},
	} {
		accept, reject := mustMatch(t, nicio.AcceptMatches, row.matches...), mustMatch(t, nicio.RejectMatches, row.matches...)
		kept, err := accept.Run(frame)
		refused, err2 := reject.Run(frame)
		if err != nil || err2 != nil || (kept > 0) != row.want || (refused > 0) == row.want {
			t.Errorf("%s: accepted %v, rejected %v, want %v: %v, %v", name, kept > 0, refused == 0, row.want, err, err2)
		}
	}
}
