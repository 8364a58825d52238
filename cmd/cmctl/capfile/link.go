package capfile

import (
	"encoding/binary"
	"fmt"

	"callmanager/datapath/frame"
	"callmanager/signalling/dissect"
)

// link takes the encapsulation of a link type off a packet whose octets are in SDU. stations remembers
// who spoke first.
func (p *Packet) link(typ int, stations *stations) error {
	switch typ {
	case linkExported:
		p.exported()
	case linkSunATM:
		p.sunATM()
	case linkEthernet, linkUser0:
		p.ethernet(stations)
	default:
		return fmt.Errorf("link type %d: want 252 (exported PDU), 123 (SunATM), 1 or 147 (Ethernet)", typ)
	}
	return nil
}

// Tags of an exported PDU.
const (
	tagEnd        = 0
	tagDissector  = 12
	tagDirection  = 35
	tagHeader     = 4
	dataDissector = "mpls_pw_atm_aal5_sdu"
	pduDissector  = "sscop"
)

// exported reads the tags: tag 2, length 2, value.
func (p *Packet) exported() {
	b, name := p.SDU, ""
	for {
		if len(b) < tagHeader || len(b) < tagHeader+int(binary.BigEndian.Uint16(b[2:])) {
			p.Wrong = "the tags of the exported PDU are cut short"
			return
		}
		tag, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		value := b[tagHeader : tagHeader+n]
		b = b[tagHeader+n:]
		switch tag {
		case tagDissector:
			name = text(value)
		case tagDirection:
			if n == 4 && p.Sender == dissect.AnyEnd { // 0 is sent
				p.Sender = []dissect.Sender{dissect.Here, dissect.There}[min(binary.BigEndian.Uint32(value), 1)]
			}
		case tagEnd:
			p.dissector(name, b)
			return
		}
	}
}

// text returns a value that is padded with zeros.
func text(b []byte) string {
	for i, o := range b {
		if o == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// dissector takes the octets of an exported PDU for what their dissector reads.
func (p *Packet) dissector(name string, b []byte) {
	p.SDU = b
	switch name {
	case pduDissector:
		p.Signalling, p.Form = true, dissect.PDUForm
	case "q2931":
		p.Signalling, p.Form = true, dissect.MessageForm
	case dataDissector:
		p.word(b)
	default:
		p.Wrong = fmt.Sprintf("the PDU is for dissector %q", name)
	}
}

// word takes a control word off.
func (p *Packet) word(b []byte) {
	_, sdu, fault := frame.DecodeWord(b)
	switch {
	case fault == frame.NoFault:
		p.SDU = sdu
	case p.Missing > 0 && len(b) >= frame.WordLen: // the length field tells of more than there is
		p.SDU = b[frame.WordLen:]
	default:
		p.SDU, p.Wrong = b, faultText(fault)
	}
}

// faultText says in words what is wrong with a frame.
func faultText(f frame.Fault) string { return "no SDU: " + f.String() }

// sunATM reads the header of four octets: direction and type, VPI, VCI.
func (p *Packet) sunATM() {
	const size, sent = 4, 0x80
	b := p.SDU
	if len(b) < size {
		p.Wrong = "the SunATM header is cut short"
		return
	}
	p.Sender = dissect.There
	if b[0]&sent != 0 {
		p.Sender = dissect.Here
	}
	p.channel(uint16(b[1]), binary.BigEndian.Uint16(b[2:]))
	p.SDU = b[size:]
}

// The Ethernet header.
const (
	etherLen   = 14
	tagLen     = 4
	typeMPLS   = 0x8847
	typeVLAN   = 0x8100
	macLen     = 6
	labelCells = frame.CellLabel
)

// ethernet reads an Ethernet frame with one label and a control word.
func (p *Packet) ethernet(s *stations) {
	b := p.SDU
	for len(b) >= etherLen+tagLen && binary.BigEndian.Uint16(b[12:]) == typeVLAN {
		b = append(append([]byte(nil), b[:12]...), b[12+tagLen:]...)
	}
	if len(b) < etherLen {
		p.Wrong = "the Ethernet header is cut short"
		return
	}
	s.note(p, [macLen]byte(b[:macLen]), [macLen]byte(b[macLen:]))
	if typ := binary.BigEndian.Uint16(b[12:]); typ != typeMPLS {
		p.Wrong = fmt.Sprintf("EtherType 0x%04x is not MPLS", typ)
		return
	}
	label, rest, fault := frame.DecodeLabel(b[etherLen:])
	ch, ok := s.labels.channel(label)
	switch {
	case fault != frame.NoFault:
		p.Wrong = faultText(fault)
	case ok:
		p.channel(ch.VPI, ch.VCI)
		p.word(rest)
	case label == labelCells:
		p.Wrong = "cells of several channels (label 32)"
	default:
		p.Wrong = fmt.Sprintf("label %d spells no channel", label)
	}
}

// stations remembers the pairs of stations and which of the two spoke first. labels are the channels that their
// labels do not spell.
type stations struct {
	labels Labels
	first  map[[2][macLen]byte]bool // source and destination of the first frame of each pair
}

// note names the link of a frame and its sender, if the file does not tell them.
func (s *stations) note(p *Packet, dst, src [macLen]byte) {
	if s.first == nil {
		s.first = make(map[[2][macLen]byte]bool)
	}
	here := [2][macLen]byte{src, dst}
	end := dissect.Here
	if back := [2][macLen]byte{dst, src}; s.first[back] {
		here, end = back, dissect.There
	}
	s.first[here] = true
	if p.Sender == dissect.AnyEnd {
		p.Sender = end
	}
	if p.Link == "" {
		p.Link = fmt.Sprintf("%x-%x", here[0], here[1])
	}
}
