package cell_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callmanager/datapath/cell"
)

// formats are all that there are.
var formats = []cell.Format{
	cell.NToOne, cell.NToOneBare, cell.VCC, cell.VPC, cell.PDU, cell.PathPDU, cell.Line,
}

// TestAppendRun compares with cells that are added one by one, in frames of every format that have some already.
func TestAppendRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom(formats).Draw(t, "format")
		room := rapid.IntRange(1, 12).Draw(t, "room")
		h := cell.NewHeader(1, 100, 0, rapid.Bool().Draw(t, "CLP"))
		p := rapid.SliceOfN(rapid.Byte(), 0, 15*cell.BodyLen).Draw(t, "octets")
		before, most := rapid.IntRange(0, 4).Draw(t, "before"), rapid.IntRange(-1, 15).Draw(t, "most")
		var one, run cell.Builder
		for _, b := range []*cell.Builder{&one, &run} {
			b.Begin(format, make([]byte, format.Size(room)), room)
			for range before {
				b.Append(h)
			}
		}
		want := 0
		for rest := p; want < most && len(rest) >= cell.BodyLen; rest = rest[cell.BodyLen:] {
			body := one.Append(h)
			if body == nil {
				break
			}
			copy(body[:], rest)
			want++
		}
		if got := run.AppendRun(h, p, most); got != want || run.Cells() != one.Cells() || run.Room() != one.Room() {
			t.Fatalf("%s: %d cells, want %d; %d and room for %d, want %d and %d", format, got, want, run.Cells(), run.Room(), one.Cells(), one.Room())
		}
		if diff := cmp.Diff(one.Finish(7), run.Finish(7)); diff != "" {
			t.Fatalf("%s (-one by one +run):\n%s", format, diff)
		}
	})
}

// TestCopyRun compares with cells that are read one by one: a run ends with the first cell of another header,
// and nothing beyond what it has returned is written.
func TestCopyRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom(formats).Draw(t, "format")
		headers := []cell.Header{cell.NewHeader(1, 100, 0, false), cell.NewHeader(1, 100, 0, true), cell.NewHeader(1, 101, 0, false)}
		n := rapid.IntRange(1, 20).Draw(t, "cells")
		var b cell.Builder
		b.Begin(format, make([]byte, format.Size(n)), n)
		h := headers[0]
		for i := range n {
			if rapid.IntRange(0, 5).Draw(t, "another") == 0 {
				h = rapid.SampledFrom(headers).Draw(t, "header")
			}
			if body := b.Append(h); body != nil {
				body[0], body[cell.BodyLen-1] = byte(i), byte(i+1)
			}
		}
		_, cells, fault := format.Decode(b.Finish(1), headers[0])
		if fault != cell.NoFault {
			t.Fatal(fault)
		}
		const around = 0x6A
		dst := bytes.Repeat([]byte{around}, rapid.IntRange(0, 20*cell.BodyLen).Draw(t, "room"))
		h = rapid.SampledFrom(headers).Draw(t, "run")
		runs, ones := cells, cells
		got := runs.CopyRun(h, dst)
		for i := range got {
			next, body, ok := ones.Next()
			if !ok || next != h || !bytes.Equal(dst[i*cell.BodyLen:(i+1)*cell.BodyLen], body[:]) {
				t.Fatalf("%s: cell %d of the run is not the frame's", format, i)
			}
		}
		if bytes.Count(dst[got*cell.BodyLen:], []byte{around}) != len(dst)-got*cell.BodyLen {
			t.Fatalf("%s: something behind %d cells is written", format, got)
		}
		if runs.Len() != ones.Len() {
			t.Fatalf("%s: %d cells are left, want %d", format, runs.Len(), ones.Len())
		}
		next, _, ok := ones.Next()
		whole := format == cell.NToOne || format == cell.NToOneBare
		if more := ok && next == h && len(dst) >= (got+1)*cell.BodyLen; more && whole {
			t.Fatalf("%s: the run of %d cells goes on", format, got)
		}
	})
}
