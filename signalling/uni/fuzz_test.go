package uni_test

import (
	"testing"
	"time"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscop"
	"callmanager/signalling/uni"
)

// FuzzLink feeds a link with an active call, an offered one and one being set
// up: messages in a good SSCOP envelope, or whole PDUs, cut out of the input.
// Nothing panics, nothing impossible happens, and what does not name the
// active call leaves it alone.
func FuzzLink(f *testing.F) {
	for _, s := range []string{
		"0903800007 0780 0000", "0903800008 0280 0009 5a80000588 00000029", "0903000009 4d80 0006 088000028090",
		"0903000000 4680 000e 5a80000588 00000029 7980000180", "0903800008 7d80 000b 1480000100 08800002809e",
		"0903000009 5a80 0000", "0903800007 3390 0000", "0903000000 4680 0005 7980000182",
	} {
		f.Add(false, unhex(s))
	}
	f.Add(true, []byte{0, 0, 0, 0, 0x03, 0, 0, 0})
	f.Add(true, []byte{0, 0, 0, 7, 0x01, 0, 0, 30})
	f.Add(false, append(append([]byte{byte(len(unhex("0903800007078000 00")))}, unhex("090380000707800000")...), unhex("09030000094d800000")...))
	f.Fuzz(func(t *testing.T, raw bool, input []byte) {
		p := activePeer(t, uni.RoleUser) // reference 7 on 0/40
		p.offer(nil)
		uni.SetNextRef(p.h.link, ref+1)
		p.h.call(paramsTo(macB, constant))
		p.w.run(10 * time.Millisecond)
		harmless := !raw
		next := 0
		for n := 0; len(input) > 0 && n < 16; n++ {
			size := min(len(input), 1+int(input[0]))
			if n == 0 || raw {
				size = len(input)
			}
			piece := input[:size]
			input = input[size:]
			harmless = harmless && leavesAlone(piece)
			if raw {
				p.h.do(p.h.link.Receive(piece))
				continue
			}
			if len(piece) <= 4096 && p.up {
				p.do(p.saal.Data(piece))
			}
			next++
			p.w.run(time.Duration(next) * 10 * time.Millisecond)
		}
		if !raw && harmless {
			rows := p.h.link.Calls()
			if len(rows) == 0 || rows[0].Call != 1 || rows[0].State != "U10" || !p.h.plane[rows[0].ID].transmit {
				t.Errorf("the active call was harmed: %+v", rows)
			}
		}
		for _, name := range []string{"impossible", "sscop_impossible", "encode_errors"} {
			if p.h.counter(name) != 0 {
				t.Errorf("%s is %d", name, p.h.counter(name))
			}
		}
		p.h.do(p.h.link.Stop(ie.Cause{Value: ie.CauseTemporaryFailure}))
		p.w.run(5 * time.Minute)
		p.h.wantEmpty()
		if !p.h.link.Stopped() {
			t.Error("the link does not stop")
		}
	})
}

// leavesAlone reports whether a message cannot be meant for the active call:
// it names another one, and restarts nothing.
func leavesAlone(b []byte) bool {
	ref, _, err := msg.Peek(b)
	return err != nil || !ref.IsGlobal() && ref != msg.CallRef{Value: 7, Flag: true}
}

// TestForeignPDU: PDUs of no sense are discarded by SSCOP.
func TestForeignPDU(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	for _, b := range [][]byte{nil, {}, {1}, {0, 0, 0, 0}, make([]byte, 65535), {0xff, 0xff, 0xff, 0xff}} {
		p.h.do(p.h.link.Receive(b))
	}
	pdu := sscop.PDU{Type: sscop.UD, Data: []byte("hello")}
	p.h.do(p.h.link.Receive(pdu.Append(nil)))
	pdu.Type = sscop.MD
	p.h.do(p.h.link.Receive(pdu.Append(nil)))
	if p.h.link.CallCount() != 1 || p.h.link.State() != uni.LinkUp || p.h.counter("unit_data") != 2 {
		t.Errorf("%d calls, %v, %d units of data", p.h.link.CallCount(), p.h.link.State(), p.h.counter("unit_data"))
	}
}
