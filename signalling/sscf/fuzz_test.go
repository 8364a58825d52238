package sscf_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
)

// program reads a fuzzer's octets as events for one entity.
type program struct {
	b []byte
	n *node
}

func (p *program) octet() int {
	if len(p.b) == 0 {
		return 0
	}
	v := p.b[0]
	p.b = p.b[1:]
	return int(v)
}

func (p *program) octets(n int) []byte {
	n = min(n, len(p.b))
	v := p.b[:n]
	p.b = p.b[n:]
	return v
}

// seq is a number near 0, where the variables of a young connection are, or anywhere.
func (p *program) seq() sscop.Seq {
	v := p.octet()
	if v == 0xff {
		return sscop.NewSeq(uint32(p.octet())<<16 | uint32(p.octet())<<8 | uint32(p.octet()))
	}
	return sscop.NewSeq(uint32(v & 0x1f))
}

// step runs one event; false at the end.
func (p *program) step() bool {
	if len(p.b) == 0 {
		return false
	}
	n := p.n
	switch op := p.octet(); op % 16 {
	case 0:
		if n.view != sscf.AwaitingEstablish && n.view != sscf.AwaitingResync {
			n.establish()
		}
	case 1:
		if n.view != sscf.AwaitingRelease {
			n.release()
		}
	case 2, 3:
		n.send(string(p.octets(p.octet() % 80)))
	case 4:
		n.carryOut(n.e.UnitData(p.octets(p.octet() % 80)))
	case 5:
		if i := n.next(); i >= 0 {
			n.fire(i)
		}
	case 6:
		n.carryOut(n.e.Expire(sscop.Timer(p.octet()), uint64(p.octet())))
	case 7:
		n.receive(p.octets(p.octet()))
	default:
		n.receive(p.pdu(sscop.PDUType(p.octet()%15 + 1)))
	}
	return true
}

func (p *program) pdu(typ sscop.PDUType) []byte {
	pdu := sscop.PDU{
		Type: typ, NSQ: uint8(p.octet() % 4), Source: sscop.Source(p.octet() % 2),
		NMR: p.seq(), NS: p.seq(), NR: p.seq(), NPS: p.seq(), Data: p.octets(p.octet() % 8),
	}
	for range p.octet() % 6 {
		pdu.List = append(pdu.List, p.seq())
	}
	return pdu.Append(nil)
}

// FuzzEntity: whatever comes, from the peer, the user or the clock, nothing panics, the signals to
// the user stay in an order that Q.2130 allows (which node checks), and buffers stay bounded.
func FuzzEntity(f *testing.F) {
	f.Add([]byte{0, 8, 1, 1, 0, 20, 0, 0, 0, 0, 0, 2, 3, 'a', 'b', 'c', 5, 5})
	f.Add([]byte{8, 0, 1, 0, 20, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1})
	seeds, err := filepath.Glob("../../testdata/golden/linux-atm/*.hex")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no golden seeds: %v", err)
	}
	for _, name := range seeds {
		f.Add(seed(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		cfg := sscop.Config{K: 64, J: 64, Queue: 8, Window: 6, MaxPD: 3, MaxSTAT: 3, MaxCC: 2}
		p := program{b: b, n: newNode(t, cfg)}
		for p.step() {
			e := p.n.e
			if e.Queued() < 0 || e.Unacked() < 0 || e.Queued()+e.Unacked() > cfg.Queue || e.Buffered() >= cfg.Window {
				t.Fatalf("queued %d, unacknowledged %d, buffered %d", e.Queued(), e.Unacked(), e.Buffered())
			}
			for _, pdu := range p.n.pdus {
				if len(pdu) > cfg.J+8 {
					t.Fatalf("PDU of %d octets sent", len(pdu))
				}
			}
			p.n.pdus = p.n.pdus[:0]
		}
		rest(t, p.n)
	})
}

// rest leaves the entity alone: without a peer it must come to rest in Released.
func rest(t *testing.T, n *node) {
	t.Helper()
	for end := n.now + time.Hour; n.next() >= 0 && n.now < end; {
		n.fire(n.next())
	}
	if n.e.State() != sscf.Released || n.e.SSCOPState() != sscop.Idle || !n.quiet() {
		t.Fatalf("came to rest in %v", n)
	}
}

// seed turns a capture into a program that receives all its short PDUs.
func seed(f *testing.F, name string) []byte {
	f.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	var b []byte
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 5 && fields[2] == "0/5" {
			pdu, err := hex.DecodeString(fields[4])
			if err == nil && len(pdu) < 256 {
				b = append(append(b, 7, byte(len(pdu))), pdu...)
			}
		}
	}
	return b
}
