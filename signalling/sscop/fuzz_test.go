package sscop_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/sscop"
)

// FuzzDecode: no octets make the decoder panic; what it reads, encoded and read again, is the same;
// and the encoding is canonical, so that encoding twice gives the same octets.
func FuzzDecode(f *testing.F) {
	for _, b := range sscopOctets(f) {
		f.Add(b)
	}
	for _, h := range []string{"", "00", "00000000", "08000000", "c8000000", "00000000 c1000000", "00000000 1f000000"} {
		f.Add(unhex(f, h))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p, q sscop.PDU
		if err := p.Parse(b, limits); err != nil {
			return
		}
		first := p.Append(nil)
		if len(first) != len(b) {
			t.Fatalf("%d octets became %d", len(b), len(first))
		}
		if err := q.Parse(first, limits); err != nil {
			t.Fatalf("own encoding: %v", err)
		}
		if diff := cmp.Diff(p, q, sameSeq, emptyIsNil); diff != "" {
			t.Fatal(diff)
		}
		if second := q.Append(nil); !cmp.Equal(first, second) {
			t.Fatalf("% x, then % x", first, second)
		}
		if p.String() == "" {
			t.Fatal("prints as nothing")
		}
	})
}

// FuzzConn: whatever the peer, the user and the clock do, a connection goes where its table says,
// keeps its invariants (walker), asks for a bounded number of things at a time and sends no PDU that
// is too long or that cannot be read.
func FuzzConn(f *testing.F) {
	for _, b := range sscopOctets(f) {
		if len(b) < 200 {
			f.Add(append([]byte{9, 1, 0xff, byte(len(b))}, b...))
		}
	}
	f.Add([]byte{0, 0, 0, 2, 3, 3, 3, 9, 9, 9, 21, 1, 10, 2, 11, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		draw := func(n int) int { // a number below n from the next octets
			if len(b) == 0 {
				return 0
			}
			v := int(b[0])
			b = b[1:]
			if n > 256 && len(b) > 0 {
				v, b = v<<8|int(b[0]), b[1:]
			}
			return v % n
		}
		w := newWalker(draw, t.Fatalf)
		w.effects = func(n int) {
			if cfg := w.c.Cfg(); n > 8+4*(cfg.Queue+cfg.Window) {
				t.Fatalf("%d effects of one event", n)
			}
		}
		w.sends = func(pdu []byte) {
			var p sscop.PDU
			if err := p.Parse(pdu, sscop.Limits{K: 64, J: 64, MaxSTAT: 3}); err != nil {
				t.Fatal(err)
			}
		}
		for len(b) > 0 {
			if b[0] != 0xff || len(b) < 2 {
				w.walk()
				continue
			}
			n := min(int(b[1]), len(b)-2)
			pdu := b[2 : 2+n]
			b = b[2+n:]
			w.c.Receive(pdu)
			w.drain()
			w.check()
		}
	})
}
