package sar_test

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/cell"
	"callmanager/datapath/sar"
)

// TestLayout bounds what an idle VC costs.
func TestLayout(t *testing.T) {
	if n := unsafe.Sizeof(sar.Reassembler{}); n > 64 {
		t.Errorf("a Reassembler has %d octets, more than 64", n)
	}
	if n := unsafe.Sizeof(sar.Segmenter{}); n > 48 {
		t.Errorf("a Segmenter has %d octets, more than 48", n)
	}
	if n := unsafe.Sizeof(sar.Counters{}); n > 96 {
		t.Errorf("Counters have %d octets, more than 96", n)
	}
}

// TestVerdicts has a row for each way in which a PDU dies, and for those that look like it.
func TestVerdicts(t *testing.T) {
	a, b := sdu{octets(101)[1:], sar.Trailer{UU: 1}}, sdu{octets(200), sar.Trailer{UU: 2}}
	without := func(list []one, i int) []one { return slices.Delete(slices.Clone(list), i, i+1) }
	flip := func(list []one, i, octet int) []one {
		list = slices.Clone(list)
		list[i].Body[octet] ^= 0x10
		return list
	}
	ca, cb := cellsOf(a), cellsOf(b) // 3 and 5 cells.
	of := func(octets string, length int) []one { return cells(channel, pdu([]byte(octets), 0, 0, length)) }
	largest := sdu{octets(480), sar.Trailer{}}
	for _, row := range []struct {
		rule  string
		cells []one
		want  []sar.Verdict
		sdus  []sdu
	}{
		{"two SDUs", slices.Concat(ca, cb), []sar.Verdict{sar.Whole, sar.Whole}, []sdu{a, b}},
		{"the largest SDU", cellsOf(largest), []sar.Verdict{sar.Whole}, []sdu{largest}},
		{"CPI is delivered", cells(channel, pdu([]byte("x"), 3, 4, 1)), []sar.Verdict{sar.Whole}, []sdu{{"x", sar.Trailer{UU: 3, CPI: 4}}}},
		{"a bit of the SDU", slices.Concat(flip(ca, 0, 5), cb), []sar.Verdict{sar.BadCRC, sar.Whole}, []sdu{b}},
		{"a bit of PAD", flip(ca, 2, 20), []sar.Verdict{sar.BadCRC}, nil},
		{"a bit of UU", flip(ca, 2, 40), []sar.Verdict{sar.BadCRC}, nil},
		{"a bit of CPI", flip(ca, 2, 41), []sar.Verdict{sar.BadCRC}, nil},
		{"a bit of the CRC", flip(ca, 2, 47), []sar.Verdict{sar.BadCRC}, nil},
		{"a bit of the length that does not change the cells", flip(ca, 2, 43), []sar.Verdict{sar.BadCRC}, nil},
		{"a bit of the length that does", flip(ca, 2, 42), []sar.Verdict{sar.BadLength}, nil},
		{"a first cell lost", slices.Concat(without(ca, 0), cb), []sar.Verdict{sar.BadLength, sar.Whole}, []sdu{b}},
		{"a middle cell lost", slices.Concat(without(ca, 1), cb), []sar.Verdict{sar.BadLength, sar.Whole}, []sdu{b}},
		{"a last cell lost: two PDUs run together", slices.Concat(without(ca, 2), cb, ca), []sar.Verdict{sar.Merged, sar.Whole}, []sdu{a}},
		{"two last cells lost", slices.Concat(without(ca, 2), without(cb, 4), ca, cb), []sar.Verdict{sar.Merged, sar.Whole}, []sdu{b}},
		{"a last cell lost, and one of the next PDU", slices.Concat(without(cb, 4), without(ca, 0)), []sar.Verdict{sar.BadLength}, nil},
		{"a last cell lost, and as many of the next PDU", slices.Concat(ca[:1], without(cb, 0)), []sar.Verdict{sar.BadCRC}, nil},
		{"a cell twice", slices.Concat(ca[:1], ca), []sar.Verdict{sar.Merged}, nil},
		{"a cell twice in the middle", slices.Concat(ca[:2], ca[1:]), []sar.Verdict{sar.BadLength}, nil},
		{"a last cell twice", slices.Concat(ca, ca[2:], cb), []sar.Verdict{sar.Whole, sar.BadLength, sar.Whole}, []sdu{a, b}},
		{"two cells change places", []one{ca[1], ca[0], ca[2]}, []sar.Verdict{sar.BadCRC}, nil},
		{"length 0 in a cell", of("", 0), []sar.Verdict{sar.Aborted}, nil},
		{"length 0 after three", of(octets(140), 0), []sar.Verdict{sar.Aborted}, nil},
		{"more PAD than 47", of(octets(100), 40), []sar.Verdict{sar.BadLength}, nil},
		{"less PAD than none", of(octets(100), 137), []sar.Verdict{sar.BadLength}, nil},
		{"a length beyond the limit in as many cells", of(octets(488), 488), []sar.Verdict{sar.Oversize}, nil},
		{"one cell too many", slices.Concat(cellsOf(sdu{octets(489), sar.Trailer{}}), cb), []sar.Verdict{sar.Oversize, sar.Whole}, []sdu{b}},
		{"far too many cells", slices.Concat(cellsOf(sdu{octets(5000), sar.Trailer{}}), cb), []sar.Verdict{sar.Oversize, sar.Whole}, []sdu{b}},
	} {
		r := newReceiver(sar.Limits{MaxSDU: 480})
		r.takeAll(row.cells)
		if diff := cmp.Diff(row.want, r.verdicts); diff != "" {
			t.Errorf("%s: verdicts (-want +got):\n%s", row.rule, diff)
		}
		if diff := cmp.Diff(row.sdus, r.got); diff != "" {
			t.Errorf("%s: SDUs (-want +got):\n%s", row.rule, diff)
		}
		if r.Busy() || r.Pending() != 0 {
			t.Errorf("%s: %d cells are pending", row.rule, r.Pending())
		}
		var counted [sar.NumVerdicts]uint64
		for _, v := range row.want {
			counted[v]++
		}
		if diff := cmp.Diff(counted, r.PDUs); diff != "" {
			t.Errorf("%s: counted (-want +got):\n%s", row.rule, diff)
		}
		r.checkSums(t)
	}
}

// TestTrailerBits: CLP of any cell, EFCI of the last one.
func TestTrailerBits(t *testing.T) {
	for clp := range 4 {
		for efci := range 4 {
			list := cellsOf(sdu{octets(130), sar.Trailer{UU: 7}})
			for i := range 4 {
				if i == clp && clp < 3 {
					list[i].Header |= 1
				}
				if i == efci && efci < 3 {
					list[i].Header = list[i].Header.WithPTI(list[i].Header.PTI() | cell.EFCI)
				}
				if i == 2 {
					break
				}
			}
			r := newReceiver(sar.Limits{})
			r.takeAll(list)
			want := []sdu{{octets(130), sar.Trailer{UU: 7, CLP: clp < 3, EFCI: efci == 2}}}
			if diff := cmp.Diff(want, r.got); diff != "" {
				t.Errorf("CLP in %d, EFCI in %d (-want +got):\n%s", clp, efci, diff)
			}
			r.takeAll(cellsOf(sdu{octets(130), sar.Trailer{}}))
			if tr := r.Trailer(); tr != (sar.Trailer{}) {
				t.Errorf("the next SDU has %+v", tr)
			}
		}
	}
}

// TestNoRoom: a PDU without memory is dropped to its end and no further, and asks for none meanwhile.
func TestNoRoom(t *testing.T) {
	a, b := sdu{octets(100), sar.Trailer{}}, sdu{octets(20), sar.Trailer{}}
	ca, cb := cellsOf(a), cellsOf(b)
	r := newReceiver(sar.Limits{MaxSDU: 480})
	if r.Need(ca[0].Header) != 528 || r.Need(cb[0].Header) != 48 {
		t.Errorf("need %d and %d octets", r.Need(ca[0].Header), r.Need(cb[0].Header))
	}
	memory := r.buf
	for _, row := range []struct {
		octets int
		cells  []one
		want   sar.Verdict
	}{
		{528, ca, sar.Whole},
		{527, ca, sar.NoRoom},
		{0, ca, sar.NoRoom},
		{48, cb, sar.Whole},
		{47, cb, sar.NoRoom},
	} {
		r.buf, r.verdicts, r.got = memory[:row.octets], nil, nil
		r.Counters = sar.Counters{}
		for _, c := range row.cells {
			r.take(c)
			r.checkSums(t)
			r.buf = memory // There is room again, too late.
		}
		if diff := cmp.Diff([]sar.Verdict{row.want}, r.verdicts); diff != "" || r.PDUs[row.want] != 1 {
			t.Errorf("%d cells into %d octets (-want +got):\n%s", len(row.cells), row.octets, diff)
		}
	}
	r = newReceiver(sar.Limits{})
	for _, c := range ca {
		if _, v := r.Add(c.Header, &c.Body, &r.Counters); v != sar.More {
			t.Errorf("a cell without Begin: %s", v)
		}
	}
	if r.PDUs[sar.NoRoom] != 1 || r.Dropped != 3 || !r.Starts(0, &r.Counters) {
		t.Errorf("cells without Begin: %+v", r.Counters)
	}
}

// TestTimeout: a PDU may end up to the limit, and is forgotten beyond it; so is one that is dropped.
func TestTimeout(t *testing.T) {
	const limit = 1000
	a, b := sdu{octets(100), sar.Trailer{}}, sdu{octets(200), sar.Trailer{}}
	ca, cb := cellsOf(a), cellsOf(b)
	for _, row := range []struct {
		rule  string
		limit int64
		room  bool
		pause int64 // Before the third cell.
		then  []one
		want  []sar.Verdict
		pdus  [sar.NumVerdicts]uint64
	}{
		{"just in time", limit, true, limit, ca[2:], []sar.Verdict{sar.Whole}, [sar.NumVerdicts]uint64{sar.Whole: 1}},
		{"its end comes too late", limit, true, limit + 1, ca[2:], []sar.Verdict{sar.BadLength}, [sar.NumVerdicts]uint64{sar.TimedOut: 1, sar.BadLength: 1}},
		{"its end is lost and another comes", limit, true, limit + 1, cb, []sar.Verdict{sar.Whole}, [sar.NumVerdicts]uint64{sar.TimedOut: 1, sar.Whole: 1}},
		{"the end of a dropped one is lost", limit, false, limit + 1, cb, []sar.Verdict{sar.NoRoom, sar.Whole}, [sar.NumVerdicts]uint64{sar.NoRoom: 1, sar.Whole: 1}},
		{"for ever", 0, true, 1 << 60, ca[2:], []sar.Verdict{sar.Whole}, [sar.NumVerdicts]uint64{sar.Whole: 1}},
	} {
		r := newReceiver(sar.Limits{MaxSDU: 480, Timeout: row.limit})
		r.now = 5
		memory := r.buf
		if !row.room {
			r.buf = nil
		}
		r.takeAll(ca[:2])
		r.buf = memory
		r.now += row.pause
		r.takeAll(row.then)
		if diff := cmp.Diff(row.want, r.verdicts); diff != "" {
			t.Errorf("%s: verdicts (-want +got):\n%s", row.rule, diff)
		}
		if diff := cmp.Diff(row.pdus, r.PDUs); diff != "" {
			t.Errorf("%s: counted (-want +got):\n%s", row.rule, diff)
		}
		r.checkSums(t)
	}
}

func TestExpire(t *testing.T) {
	r := newReceiver(sar.Limits{Timeout: 1000})
	if r.Expire(1<<40, &r.Counters) {
		t.Error("nothing expires")
	}
	ca := cellsOf(sdu{octets(100), sar.Trailer{}})
	r.takeAll(ca[:2])
	if !r.Busy() || r.Pending() != 2 || r.Expire(1000, &r.Counters) {
		t.Errorf("%d cells are pending, or expire too soon", r.Pending())
	}
	if !r.Expire(1001, &r.Counters) || r.Busy() || r.PDUs[sar.TimedOut] != 1 || r.Dropped != 2 {
		t.Errorf("expired: %+v", r.Counters)
	}
	if r.Expire(1<<40, &r.Counters) {
		t.Error("it expires twice")
	}
	r.checkSums(t)
}

// TestAnyCRC: a peer with the reflected CRC is understood if that is wanted, and its lengths are
// checked.
func TestAnyCRC(t *testing.T) {
	x := sdu{octets(100), sar.Trailer{UU: 5}}
	list := cellsOf(x)
	list[2].Body[46] ^= 0xFF
	r := newReceiver(sar.Limits{AnyCRC: true})
	r.takeAll(slices.Concat(list, list[1:], list, list[:2], list))
	want := []sar.Verdict{sar.Whole, sar.BadLength, sar.Whole, sar.BadLength}
	if diff := cmp.Diff(want, r.verdicts); diff != "" {
		t.Errorf("verdicts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]sdu{x, x}, r.got); diff != "" {
		t.Errorf("SDUs (-want +got):\n%s", diff)
	}
}

// TestReflectedCRC: 40 octets of zeros with the CRC of Ethernet are refused.
func TestReflectedCRC(t *testing.T) {
	var body cell.Body
	body[43] = 40
	crc := crc32.ChecksumIEEE(body[:44])
	for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		order.AppendUint32(body[:44], crc)
		for _, row := range []struct {
			limits sar.Limits
			want   sar.Verdict
		}{{sar.Limits{}, sar.BadCRC}, {sar.Limits{AnyCRC: true}, sar.Whole}} {
			if v := newReceiver(row.limits).take(one{channel.WithPTI(cell.AUU), body}); v != row.want {
				t.Errorf("a reflected CRC with %+v: %s, want %s", row.limits, v, row.want)
			}
		}
	}
}

func TestVerdictNames(t *testing.T) {
	seen := map[string]bool{}
	for v := range sar.NumVerdicts {
		name := sar.Verdict(v).String()
		if seen[name] || name[len(name)-1] == ')' {
			t.Errorf("%q is no name, or names two", name)
		}
		seen[name] = true
	}
	if got := sar.Verdict(99).String(); got != "Verdict(99)" {
		t.Errorf("%q", got)
	}
}
