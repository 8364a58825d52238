package uni_test

import (
	"fmt"
	"testing"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
)

// TestEveryType sends every message type, 0 to 255, with each kind of call
// reference that names no call: nothing happens to the call beside, and the
// answer is that of Q.2931 5.6.3.2.
func TestEveryType(t *testing.T) {
	for _, role := range []uni.Role{uni.RoleUser, uni.RoleNetwork} {
		p := ready(newWorld(t, 1), role)
		beside := p.bystander()
		for typ := range 256 {
			for _, head := range []string{"7fffff", "ffffff", "000000", "800000", "000063", "800063", "000321", "800321"} {
				if head == "000063" { // the call beside itself
					continue
				}
				p.sendHex(fmt.Sprintf("0903 %s %02x80 0000", head, typ))
				p.w.run(0)
				checkAnswer(t, p, head, msg.Type(typ))
			}
		}
		if rows := p.h.link.Calls(); len(rows) != 1 || rows[0].Call != beside {
			t.Errorf("%v: calls %+v", role, rows)
		}
	}
}

// checkAnswer holds the answer to a message without elements against the
// clause.
func checkAnswer(t *testing.T, p *saalPeer, head string, typ msg.Type) {
	t.Helper()
	want := fmt.Sprintf("%v %d", msg.ReleaseComplete, ie.CauseInvalidCallReference)
	switch global := head[2:] == "0000"; {
	case head[1:] == "fffff": // dummy: nobody's
		want = ""
	case global && (typ == msg.Status || typ == msg.Restart && head[0] == '0' || typ == msg.RestartAck && head[0] == '8'):
		want = fmt.Sprintf("%v %d", msg.Status, ie.CauseMandatoryMissing)
	case global && typ == msg.LeafSetupFailure && head[0] == '8': // the answer of a leaf's request, which nobody waits for
		want = ""
	case global && (typ == msg.Restart || typ == msg.RestartAck):
		// Missing elements weigh more than the wrong process.
		want = fmt.Sprintf("%v %d", msg.Status, ie.CauseMandatoryMissing)
	case global:
		want = fmt.Sprintf("%v %d", msg.Status, ie.CauseInvalidCallReference)
	case typ == msg.ReleaseComplete || typ == msg.Status || typ == msg.Setup && head[0] == '8':
		want = ""
	case typ == msg.Setup:
		want = fmt.Sprintf("%v %d", msg.ReleaseComplete, ie.CauseMandatoryMissing)
	case typ == msg.StatusEnquiry:
		want = fmt.Sprintf("%v %d", msg.Status, ie.CauseStatusEnquiryResponse)
	}
	got := ""
	if len(p.in) > 0 {
		m, _, err := msg.Decode(p.in[0], msg.Options{})
		if err != nil || len(m.Causes) != 1 {
			t.Fatalf("%s %02x: %v, %v", head, uint8(typ), m, err)
		}
		got = fmt.Sprintf("%v %d", m.Type, m.Causes[0].Value)
	}
	if got != want || len(p.in) > 1 {
		t.Errorf("%s %02x: %d answers, %q, want %q", head, uint8(typ), len(p.in), got, want)
	}
	p.in = nil
}

// TestHeaders: octets that are no message are dropped in silence, and a wrong
// length field does no harm (Q.2931 5.6.1 to 5.6.3).
func TestHeaders(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleNetwork)
	p.bystander()
	for _, s := range []string{
		"", "09", "0903 000063 4d80 00", "0803 000063 4d80 0000", "0902 0063 4d80 0000 00", "0904 00000063 4d80 0000", "0900 4d80 0000 000000",
		"0913 000063 4d80 0000", "f003 000063 4d80 0000",
	} {
		p.send(append([]byte{}, unhex(s)...))
	}
	p.silence()
	if n := p.h.counter("bad_messages"); p.h.link.CallCount() != 1 || n != 9 {
		t.Errorf("%d calls, %d bad messages", p.h.link.CallCount(), n)
	}
	for _, length := range []string{"0000", "0001", "00ff", "ffff"} {
		p.sendHex("0903 000063 7580 " + length)
		p.expectCause(msg.Status, ie.CauseStatusEnquiryResponse)
	}
	if n := p.h.counter("wrong_lengths"); n != 3 {
		t.Errorf("%d wrong lengths", n)
	}
}
