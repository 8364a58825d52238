package sar_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
	"callmanager/datapath/sar"
	"callmanager/vc"
)

// A sdu is what a VC carries, with what comes beside it.
type sdu struct {
	Octets  string
	Trailer sar.Trailer
}

// header adds the bits of an SDU to the header of a channel.
func header(h cell.Header, t sar.Trailer) cell.Header {
	if t.CLP {
		h |= 1
	}
	if t.EFCI {
		h = h.WithPTI(cell.EFCI)
	}
	return h
}

// A one is a cell.
type one struct {
	Header cell.Header
	Body   cell.Body
}

// slowCRC is the CRC-32 of I.363.5 bit by bit.
func slowCRC(p []byte) uint32 {
	crc := ^uint32(0)
	for _, b := range p {
		crc ^= uint32(b) << 24
		for range 8 {
			if crc>>31 != 0 {
				crc = crc<<1 ^ 0x04C11DB7
			} else {
				crc <<= 1
			}
		}
	}
	return ^crc
}

// pdu makes the PDU of an SDU, plainly.
func pdu(octets []byte, uu, cpi uint8, length int) []byte {
	p := bytes.Clone(octets)
	for len(p)%48 != 40 {
		p = append(p, 0)
	}
	p = append(p, uu, cpi)
	p = binary.BigEndian.AppendUint16(p, uint16(length))
	return binary.BigEndian.AppendUint32(p, slowCRC(p))
}

// cells cuts a PDU, plainly. The last cell ends it.
func cells(h cell.Header, p []byte) (list []one) {
	for ; len(p) > 0; p = p[48:] {
		if len(p) == 48 {
			h = h.WithPTI(h.PTI() | cell.AUU)
		}
		list = append(list, one{h, cell.Body(p[:48])})
	}
	return list
}

// cellsOf returns the cells of an SDU on channel.
func cellsOf(s sdu) []one {
	return cells(header(channel, s.Trailer), pdu([]byte(s.Octets), s.Trailer.UU, s.Trailer.CPI, len(s.Octets)))
}

// segment lets a segmenter make the cells of SDUs, in frames of so many cells.
func segment(tb testing.TB, channel cell.Header, frame int, sdus ...sdu) (list []one) {
	tb.Helper()
	var s sar.Segmenter
	for _, x := range sdus {
		if !s.Start(header(channel, x.Trailer), []byte(x.Octets), x.Trailer.UU) {
			tb.Fatalf("an SDU of %d octets is refused", len(x.Octets))
		}
		for done := false; !done; {
			var b cell.Builder
			b.Begin(cell.NToOne, bytes.Repeat([]byte{0xEE}, cell.NToOne.Size(frame)), frame)
			left := s.Left()
			done = s.Fill(&b, 1<<20)
			if done == s.Busy() || s.Left() != left-b.Cells() {
				tb.Fatalf("%d cells left of %d after %d", s.Left(), left, b.Cells())
			}
			list = append(list, read(tb, &b)...)
		}
	}
	return list
}

// read finishes a frame of N-to-one mode and returns its cells.
func read(tb testing.TB, b *cell.Builder) (list []one) {
	tb.Helper()
	frame := b.Finish(1)
	if frame == nil {
		return nil
	}
	_, cells, fault := cell.NToOne.Decode(frame, 0)
	if fault != cell.NoFault {
		tb.Fatal(fault)
	}
	for h, body, ok := cells.Next(); ok; h, body, ok = cells.Next() {
		list = append(list, one{h, *body})
	}
	return list
}

// A receiver is a VC with memory for one PDU.
type receiver struct {
	sar.Reassembler
	sar.Counters

	now      int64
	buf      []byte
	got      []sdu
	verdicts []sar.Verdict // But More.
}

func newReceiver(l sar.Limits) *receiver {
	r := &receiver{Reassembler: sar.NewReassembler(l)}
	size := l.MaxSDU
	if size == 0 {
		size = aal5.MaxSDU
	}
	r.buf = make([]byte, aal5.PDULen(size))
	return r
}

// take gives a cell, and memory if it begins a PDU.
func (r *receiver) take(c one) sar.Verdict {
	if r.Starts(r.now, &r.Counters) && !r.Begin(c.Header, r.buf, r.now, &r.Counters) {
		r.verdicts = append(r.verdicts, sar.NoRoom)
	}
	octets, v := r.Add(c.Header, &c.Body, &r.Counters)
	if v == sar.Whole {
		r.got = append(r.got, sdu{string(octets), r.Trailer()})
	}
	if v != sar.More {
		r.verdicts = append(r.verdicts, v)
	}
	return v
}

func (r *receiver) takeAll(list []one) {
	for _, c := range list {
		r.take(c)
	}
}

// checkSums wants each cell to be counted once, and each SDU.
func (r *receiver) checkSums(tb interface {
	Helper()
	Fatalf(format string, args ...any)
},
) {
	tb.Helper()
	if c := r.Counters; c.Cells != c.Delivered+c.Dropped+uint64(r.Pending()) {
		tb.Fatalf("%d cells came, %d are delivered, %d dropped, %d pending", c.Cells, c.Delivered, c.Dropped, r.Pending())
	}
	want := 0
	for _, s := range r.got {
		want += vc.CellsFor(len(s.Octets))
	}
	if r.SDUs() != uint64(len(r.got)) || r.Delivered != uint64(want) {
		tb.Fatalf("%d SDUs of %d cells are counted, delivered are %d of %d", r.SDUs(), r.Delivered, len(r.got), want)
	}
}

// octets returns n octets that are not all the same.
func octets(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8 + 1)
	}
	return string(b)
}
