package sar_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/datapath/aal5"
	"callmanager/datapath/cell"
	"callmanager/datapath/sar"
)

// A model is a reassembler that keeps its cells until it knows, and judges them plainly.
type model struct {
	limit    int
	pdu      []byte
	began    bool
	dropping bool
	clp      bool
	got      []sdu
	pdus     [sar.NumVerdicts]uint64
}

// take is what I.363.5 makes of a cell, without a clock. There is room for a PDU or not.
func (m *model) take(c one, room bool) {
	if !m.began {
		m.began, m.dropping, m.clp, m.pdu = true, !room, false, nil
		if !room {
			m.pdus[sar.NoRoom]++
		}
	}
	m.pdu = append(m.pdu, c.Body[:]...)
	m.clp = m.clp || c.Header.CLP()
	if !m.dropping && len(m.pdu) > (m.limit+8+47)/48*48 {
		m.dropping = true
		m.pdus[sar.Oversize]++
	}
	if !c.Header.PTI().Last() {
		return
	}
	m.began = false
	if m.dropping {
		return
	}
	v := m.judge()
	m.pdus[v]++
	if v == sar.Whole {
		t := m.pdu[len(m.pdu)-8:]
		n := binary.BigEndian.Uint16(t[2:])
		m.got = append(m.got, sdu{string(m.pdu[:n]), sar.Trailer{UU: t[0], CPI: t[1], CLP: m.clp, EFCI: c.Header.PTI().Congested()}})
	}
}

func (m *model) judge() sar.Verdict {
	t := m.pdu[len(m.pdu)-8:]
	n := int(binary.BigEndian.Uint16(t[2:]))
	size := (n + 8 + 47) / 48 * 48
	good := func(p []byte) bool { return slowCRC(p[:len(p)-4]) == binary.BigEndian.Uint32(p[len(p)-4:]) }
	switch {
	case n == 0:
		return sar.Aborted
	case size < len(m.pdu) && good(m.pdu[len(m.pdu)-size:]):
		return sar.Merged
	case size != len(m.pdu):
		return sar.BadLength
	case n > m.limit:
		return sar.Oversize
	case !good(m.pdu):
		return sar.BadCRC
	}
	return sar.Whole
}

// FuzzReassembler feeds cells of one VC, each with an octet for its header and the room, and
// compares with the model. The highest bit seals the cell: the CRC of what came since the last end
// is written into it, and it ends the PDU.
func FuzzReassembler(f *testing.F) {
	for _, n := range []int{1, 40, 41, 100, 500} {
		var b []byte
		for _, c := range cellsOf(sdu{octets(n), sar.Trailer{UU: 3, CLP: true}}) {
			b = append(append(b, byte(c.Header&0xF)), c.Body[:]...)
		}
		f.Add(b)
		b[len(b)-49] |= 0x80
		f.Add(b[49*(len(b)/98):])
		f.Add(append(bytes.Clone(b), b[49:]...))
	}
	f.Add(make([]byte, 49*5))
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 480
		r := newReceiver(sar.Limits{MaxSDU: limit})
		memory := r.buf
		m := model{limit: limit}
		var pdu []byte
		for ; len(b) >= 49; b = b[49:] {
			c := one{channel | cell.Header(b[0]&7), cell.Body(b[1:49])}
			pdu = append(pdu, c.Body[:]...)
			if b[0]&0x80 != 0 {
				c.Header = c.Header.WithPTI(c.Header.PTI() | cell.AUU)
				binary.BigEndian.PutUint32(c.Body[44:], slowCRC(pdu[:len(pdu)-4]))
			}
			if c.Header.PTI().Last() {
				pdu = nil
			}
			room := b[0]&0x70 != 0x70
			if r.buf = memory; !room {
				r.buf = nil
			}
			r.take(c)
			m.take(c, room)
			r.checkSums(t)
		}
		if diff := cmp.Diff(m.got, r.got); diff != "" {
			t.Fatalf("SDUs (-model +got):\n%s", diff)
		}
		if diff := cmp.Diff(m.pdus, r.PDUs); diff != "" {
			t.Fatalf("counted (-model +got):\n%s", diff)
		}
	})
}

// FuzzSegmenter cuts SDUs in frames of any size and compares with cells made plainly.
func FuzzSegmenter(f *testing.F) {
	for _, n := range []int{1, 40, 41, 48, 88, 89, 1500} {
		f.Add([]byte(octets(n)), uint8(n), uint8(n))
	}
	f.Fuzz(func(t *testing.T, octets []byte, uu, how uint8) {
		if len(octets) == 0 || len(octets) > aal5.MaxSDU {
			return
		}
		x := sdu{string(octets), sar.Trailer{UU: uu, CLP: how&1 != 0, EFCI: how&2 != 0}}
		got := segment(t, channel, 1+int(how>>2), x)
		if diff := cmp.Diff(cellsOf(x), got); diff != "" {
			t.Fatalf("cells (-want +got):\n%s", diff)
		}
		r := newReceiver(sar.Limits{MaxSDU: len(octets)})
		r.takeAll(got)
		if diff := cmp.Diff([]sdu{x}, r.got); diff != "" {
			t.Fatalf("SDU (-want +got):\n%s", diff)
		}
	})
}
