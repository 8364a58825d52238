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
