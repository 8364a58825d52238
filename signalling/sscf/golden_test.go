package sscf_test

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/sscf"
	"callmanager/signalling/sscop"
)

// captured is one line of a linux-atm capture: a PDU on 0/5, or the opening or closing of that VC.
type captured struct {
	line   int
	at     time.Duration
	from   byte // 'A' or 'B'
	lost   bool
	opens  bool
	closes bool
	octets []byte
}

func readCapture(t *testing.T, name string) []captured {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../testdata/golden/linux-atm", name+".hex"))
	if err != nil {
		t.Fatal(err)
	}
	var all []captured
	line := 0
	for s := range strings.Lines(string(text)) {
		line++
		f := strings.Fields(s)
		if len(f) != 5 {
			continue
		}
		at, err := strconv.ParseFloat(f[0], 64)
		if err != nil {
			t.Fatalf("line %d: %v", line, err)
		}
		octets, err := hex.DecodeString(f[4])
		if err != nil {
			t.Fatalf("line %d: %v", line, err)
		}
		c := captured{
			line: line, at: time.Duration(at * float64(time.Second)), from: f[1][0],
			lost: f[1][2] == 'X', octets: octets,
		}
		switch {
		case f[2] == "0/5":
			all = append(all, c)
		case strings.HasPrefix(string(octets), "O 0.5 "):
			c.opens = true
			all = append(all, c)
		case string(octets) == "C 0.5":
			c.closes = true
			all = append(all, c)
		}
	}
	return all
}

// impostor plays one side of a capture: it gets what the other side sent and must send what this
// side sent, octet by octet.
type impostor struct {
	t     *testing.T
	me    byte
	cfg   sscop.Config
	n     *node    // nil while 0/5 is closed
	sdus  []string // of the other side, in order
	moved int      // PDUs of this side that our machine sent
}

// The captured side's own choices, given to our machine as configuration: a receive window of 30
// (100 for the stub of capture 03), VT(SQ) starting at 0. With these, all octets are the same. What
// its user decided (when to establish, what SDUs to send) is taken from the capture.
func TestLinuxATM(t *testing.T) {
	for _, row := range []struct {
		name  string
		sides string
	}{
		{"01-no-peer", "A"},
		{"03-sscop-responder-release-complete", "A"},
		{"10-uni31-call-caller-release", "AB"},
		{"11-uni31-call-callee-release", "AB"},
		{"12-uni31-call-from-network", "AB"},
		{"15-uni31-cbr-bhli-blli", "AB"},
		{"18-uni31-refused", "AB"},
		{"20-uni31-two-calls", "AB"},
		{"30-sscop-lost-sd-poll-stat", "AB"},
		{"33-peer-restart-T309-clears-call", "AB"},
		{"36-sigd-stop", "AB"},
		{"43-clip-svc", "AB"},
	} {
		for _, side := range []byte(row.sides) {
			t.Run(row.name+"/"+string(side), func(t *testing.T) {
				p := &impostor{t: t, me: side, cfg: sscop.Config{Window: 30}}
				for _, c := range readCapture(t, row.name) {
					p.play(c)
				}
				if p.moved < 2 {
					t.Errorf("only %d PDUs compared", p.moved)
				}
				if p.n != nil {
					p.finish()
				}
			})
		}
	}
}

func (p *impostor) play(c captured) {
	p.t.Helper()
	switch {
	case c.opens && c.from == p.me:
		p.n, p.sdus = newNode(p.t, p.cfg), nil
	case c.closes && c.from == p.me && p.n != nil:
		p.finish()
		p.n = nil
	case c.opens || c.closes || p.n == nil:
	case c.from == p.me:
		p.n.now = c.at
		p.expect(c)
	case !c.lost:
		p.n.now = c.at
		p.n.receive(c.octets)
		if pdu := p.parse(c); pdu.Type == sscop.SD && pdu.NS == sscop.NewSeq(uint32(len(p.sdus))) {
			p.sdus = append(p.sdus, string(pdu.Data))
		}
	}
}

func (p *impostor) parse(c captured) (pdu sscop.PDU) {
	p.t.Helper()
	if err := pdu.Parse(c.octets, sscop.Limits{K: 4096, J: 4096, MaxSTAT: 67}); err != nil {
		p.t.Fatalf("line %d: %v", c.line, err)
	}
	return pdu
}

// expect wants our machine to send what the captured side sent: already, as an answer, or when its
// user or its timer does what the captured one did.
func (p *impostor) expect(c captured) {
	p.t.Helper()
	if !p.take(c.octets) {
		p.provoke(c)
		if !p.take(c.octets) {
			p.t.Fatalf("line %d: captured % x, ours %s", c.line, c.octets, printed(p.n.pdus))
		}
	}
	p.moved++
}

// take removes the PDU from what our machine has sent.
func (p *impostor) take(octets []byte) bool {
	for i, pdu := range p.n.pdus {
		if cmp.Equal(pdu, octets) {
			p.n.pdus = append(p.n.pdus[:i], p.n.pdus[i+1:]...)
			return true
		}
	}
	return false
}

// provoke lets happen what makes a PDU of this type go out.
func (p *impostor) provoke(c captured) {
	p.t.Helper()
	pdu := p.parse(c)
	switch {
	case pdu.Type == sscop.BGN && p.n.view != sscf.AwaitingEstablish:
		p.n.establish()
	case pdu.Type == sscop.SD:
		if !p.n.send(string(pdu.Data)) {
			p.t.Fatalf("line %d: SDU refused", c.line)
		}
	case pdu.Type == sscop.BGN, pdu.Type == sscop.END, pdu.Type == sscop.POLL:
		p.timer(c)
	default:
		p.t.Fatalf("line %d: nothing makes our machine send %v; it sent %s", c.line, &pdu, printed(p.n.pdus))
	}
}

// timer runs out the timer that the captured side's must have been: the next one of ours. Theirs
// tick in hundredths of a second and the capture shows when its reader saw the PDU, so the times
// agree within 20 ms.
func (p *impostor) timer(c captured) {
	p.t.Helper()
	i := p.n.next()
	if i < 0 {
		p.t.Fatalf("line %d: no timer runs for % x", c.line, c.octets)
	}
	if off := (c.at - p.n.clocks[i].at).Abs(); off > 20*time.Millisecond {
		p.t.Errorf("line %d: Timer_%v is %v off", c.line, sscop.Timer(i), off)
	}
	p.n.clocks[i].at = c.at
	p.n.fire(i)
}

// finish wants nothing sent beyond the capture except answers to its last PDUs, and no protocol
// error but losses, timers and credit.
func (p *impostor) finish() {
	p.t.Helper()
	if !cmp.Equal(p.n.sdus, p.sdus) {
		p.t.Errorf("delivered %q, want %q", p.n.sdus, p.sdus)
	}
	if len(p.n.pdus) > 1 {
		p.t.Errorf("sent beyond the capture: %s", printed(p.n.pdus))
	}
	for i, n := range p.n.e.Stats().Errors {
		if code := sscop.ErrorCode('A' + i); n > 0 && code != sscop.ErrLoss && code != sscop.ErrMaxCC {
			p.t.Errorf("MAA-ERROR %v %d times", code, n)
		}
	}
}

func printed(pdus [][]byte) string {
	var out []string
	for _, b := range pdus {
		var p sscop.PDU
		if err := p.Parse(b, sscop.Limits{K: 4096, J: 4096, MaxSTAT: 67}); err != nil {
			return err.Error()
		}
		out = append(out, p.String())
	}
	return "[" + strings.Join(out, "; ") + "]"
}
