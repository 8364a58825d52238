package ie_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/q2931/ie"
)

// FuzzElement proves for each element that no contents make it panic, that the input is not
// touched, that an error is a *ContentError inside the contents, and that what can be written is
// read as the same again.
func FuzzElement(f *testing.F) {
	for _, row := range goodContents {
		f.Add(byte(row.id), byte(0x80), unhex(f, row.octets))
		f.Add(byte(row.id), byte(0xf6), unhex(f, row.octets)[1:])
	}
	f.Fuzz(func(t *testing.T, id, octet2 byte, p []byte) {
		inf := ie.Lookup(ie.ID(id))
		if inf == nil {
			return
		}
		h, _ := ie.ParseHeader(inf.ID, octet2)
		kept := bytes.Clone(p)
		e, err := parse(inf.ID, h, p)
		if !bytes.Equal(p, kept) {
			t.Fatal("the input changed")
		}
		if err != nil {
			ce, ok := err.(*ie.ContentError) //nolint:errorlint // the type itself is the contract
			if !ok || ce.ID != inf.ID || ce.Offset < 0 || ce.Offset > len(p) {
				t.Fatalf("%+v", err)
			}
			return
		}
		if s, ok := e.(interface{ String() string }); ok {
			_ = s.String()
		}
		b, err := ie.Append(nil, inf.ID, e)
		if err != nil {
			return
		}
		h2, known := ie.ParseHeader(inf.ID, b[1])
		again, err := parse(inf.ID, h2, b[ie.HeaderLen:])
		if err != nil || !known {
			t.Fatalf("%s: wrote %x, read %v", inf.ID, b, err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Fatalf("%s %x -> %x: %s", inf.ID, p, b, diff)
		}
	})
}
