package uni_test

import (
	"testing"
	"time"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/sscop"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// FuzzLink feeds a link with an active call, an offered one, one being set up, a
// root with a party and one being added (reference 15), and a leaf that accepts
// parties (reference 10): messages in a good SSCOP envelope, or whole PDUs, cut out of the input.
// Nothing panics, nothing impossible happens, and what does not name the
// active call leaves it alone.
func FuzzLink(f *testing.F) {
	for _, s := range []string{
		"0903800007 0780 0000", "0903800008 0280 0009 5a80000588 00000029", "0903000009 4d80 0006 088000028090",
		"0903000000 4680 000e 5a80000588 00000029 7980000180", "0903800008 7d80 000b 1480000100 08800002809e",
		"0903000009 5a80 0000", "0903800007 3390 0000", "0903000000 4680 0005 7980000182",
		"090380000f 8180 0007 54800003008001", "090380000f 8580 0007 54800003008001",
		"090380000f 8280 000d 08800002809054800003008001", "090380000f 8380 000d 08800002809054800003008000",
		"090380000f 7d80 0017 1480000107 08800002809e 54800003008001 5580000100", "090380000f 8480 0007 54800003008001",
		"090300000a 8080 0020 70800015 82 4900000000000000000000000002000000000100 54800003000005",
		"090300000a 8380 000d 08800002809054800003000000", "090300000a 7580 0007 54800003000000",
		"090300000a 6e80 000c 2780000101 54800003000000", "09037fffff 9180 0000",
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
		p.parties()
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

// parties sets up what the fuzzing of parties needs.
func (p *saalPeer) parties() {
	uni.SetNextRef(p.h.link, 15)
	root := p.h.nextOut
	p.h.call(rootParams(macB))
	p.sendHex("090380000f 0780 0010 5a80000588 00000046 54800003008000")
	p.h.ask(primitive.AddPartyReq{Call: root, Party: 1, Params: leafParams(macB, 1)})
	p.h.onInd = func(i primitive.Indication) {
		if a, ok := i.(primitive.AddPartyInd); ok {
			p.h.ask(primitive.AcceptPartyReq{Call: a.Call, Party: a.Party, VC: vc.Handle(a.Party), Params: a.Params})
		}
	}
	p.write(setupTo(p.h, func(m *msg.Message) {
		multipoint(m)
		m.CallRef.Value = 10
		m.ConnID.VCI = 51
	}))
	p.h.ask(primitive.AcceptReq{Call: primitive.IncomingCall | 2, VC: 5, Params: last[primitive.SetupInd](p.h).Params})
	p.sendHex("090300000a 0f80 0000")
	p.in = nil
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

// TestFuzzParties: the calls that FuzzLink needs are there.
func TestFuzzParties(t *testing.T) {
	p := activePeer(t, uni.RoleUser)
	p.offer(nil)
	p.parties()
	got := states(p.h)
	if got != "U10U10 0:P7 1:P1U6U10 0:P7" {
		t.Errorf("%q", got)
	}
}
