package uni_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/primitive"
	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// probe is one odd message to a network side, with the answers of NgATM's.
type probe struct {
	name    string
	octets  []byte
	answers []string
}

func readProbes(t *testing.T) []probe {
	t.Helper()
	f, err := os.Open("../../testdata/golden/q2931/probe-network-side.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var probes []probe
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line := strings.TrimSpace(sc.Text())
		switch {
		case strings.HasPrefix(line, "## "):
			probes = append(probes, probe{name: line[3:]})
		case strings.HasPrefix(line, "-> "):
			probes[len(probes)-1].octets = unhex(line[3:])
		case strings.HasPrefix(line, "<- "):
			p := &probes[len(probes)-1]
			p.answers = append(p.answers, gist(t, unhex(strings.Fields(line)[1])))
		}
	}
	return probes
}

// gist is what of an answer the standard fixes: type, call reference, state,
// causes with diagnostics, references. The location of a cause, the channel and
// the parameters of a CONNECT are the sender's.
func gist(t tester, b []byte) string {
	t.Helper()
	m, _, err := msg.Decode(b, msg.Options{Profile: msg.Q2931})
	if err != nil {
		t.Fatalf("%x: %v", b, err)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%v %v", m.Type, m.CallRef)
	if m.CallState != nil {
		fmt.Fprintf(&s, " state %d", m.CallState.State)
	}
	for _, c := range m.Causes {
		fmt.Fprintf(&s, " cause %d %x", c.Value, c.Diagnostic)
	}
	if bytes.Contains(b, unhex("5a800005")) { // expected there or not
		s.WriteString(" channel")
	}
	if m.EndpointRef != nil {
		fmt.Fprintf(&s, " party %d %v", m.EndpointRef.Value, m.EndpointRef.RefFlag)
	}
	return strings.TrimSpace(s.String())
}

// ourAnswers are the probes that ours answers otherwise, with the clause.
var ourAnswers = map[string]struct {
	clause  string
	answers []string
}{
	"SETUP missing QoS": {
		"UNI 4.0: QoS parameter or extended QoS; the one that every edition has is named",
		[]string{"RELEASE COMPLETE 257' cause 96 5c"},
	},
	"SETUP bad called (mandatory content error)": {
		"Q.2931 5.6.7.1: a SETUP whose mandatory element is bad gets RELEASE COMPLETE 100",
		[]string{"RELEASE COMPLETE 258' cause 100 70"},
	},
	"SETUP bad AAL (access)": {
		"Q.2931 5.6.8.2: access information gets cause 43",
		[]string{"STATUS 263' state 1 cause 43 58", "CALL PROCEEDING 263' channel", "CONNECT 263'"},
	},
	"SETUP TVP class 0x18 ATC10": {
		"UNI 4.0 annex 9: class 18 is good, and not implemented here",
		[]string{"RELEASE COMPLETE 264' cause 65"},
	},
	"SETUP fwd MBS01": {
		"Q.2931 4.5.6: octet B0 is good",
		[]string{"CALL PROCEEDING 265' channel", "CONNECT 265'"},
	},
	"MODIFY REQUEST": {
		"Q.2963.1 6: the side that made the call modifies it",
		[]string{"MODIFY ACKNOWLEDGE 256'"},
	},
	"STATUS ENQ + epref on p2p": {
		"Q.2971 9.5: a party that does not exist is null",
		[]string{"STATUS 256' state 10 cause 30  party 5 true"},
	},
	"RELEASE without cause": {
		"Q.2931 5.6.6.2: RELEASE COMPLETE tells of the missing cause",
		[]string{"RELEASE COMPLETE 256' cause 96 08"},
	},
	"RESTART all with connid": {
		"Q.2931 5.5.2: the acknowledgement has no channel for class 2",
		[]string{"STATUS global' state 62 cause 99 5a", "RESTART ACKNOWLEDGE global'"},
	},
	"MP SETUP": {
		"UNI 4.0 section 5: nothing flows backward on a point-to-multipoint call",
		[]string{"RELEASE COMPLETE 512' cause 73"},
	},
}

// TestProbes feeds our network side what NgATM's was fed. It answers as that
// does, but where the standard says otherwise.
func TestProbes(t *testing.T) {
	p := calledPeer(t, "4700918100000000000000000000000000000101")
	used := 0
	for _, pr := range readProbes(t) {
		if other, ok := ourAnswers[pr.name]; ok {
			if cmp.Equal(pr.answers, other.answers) {
				t.Errorf("%s: no difference", pr.name)
			}
			pr.answers, used = other.answers, used+1
		}
		p.send(pr.octets)
		p.w.run(100 * time.Millisecond)
		if d := cmp.Diff(pr.answers, p.gists()); d != "" {
			t.Errorf("%s: %s", pr.name, d)
		}
		if pr.name == "MP SETUP" { // the same without a backward rate is what the probes after it are about
			p.send(bytes.Replace(pr.octets, unhex("850563b7"), unhex("85000000"), 1))
			p.w.run(100 * time.Millisecond)
			want := []string{"CALL PROCEEDING 512' channel party 0 true", "CONNECT 512' party 0 true"}
			if d := cmp.Diff(want, p.gists()); d != "" {
				t.Errorf("%s: %s", pr.name, d)
			}
		}
	}
	if used != len(ourAnswers) {
		t.Errorf("%d differences are used, of %d", used, len(ourAnswers))
	}
	p.sendHex("0903 000000 4680 0005 7980000182")
	p.w.run(time.Second)
	p.h.wantEmpty()
}

// calledPeer is a peer of a network side of the given address that accepts
// every call at once.
func calledPeer(t *testing.T, aesa string) *saalPeer {
	t.Helper()
	called := vc.AddrFromAESA([20]byte(unhex(aesa)))
	other := vc.AddrFromAESA([20]byte(unhex("4700918100000000000000000000000000000202")))
	p := newPeer(newWorld(t, 1), uni.RoleNetwork, func(c *uni.Config) { c.Addresses = []vc.Addr{called, other} })
	p.expect(msg.Restart)
	p.sendHex("0903 800000 4e80 0005 7980000182")
	p.h.onInd = func(i primitive.Indication) {
		switch offer := i.(type) {
		case primitive.SetupInd:
			p.h.ask(primitive.AcceptReq{Call: offer.Call, VC: 1, Params: offer.Params})
		case primitive.AddPartyInd:
			p.h.ask(primitive.AcceptPartyReq{Call: offer.Call, Party: offer.Party, VC: 2, Params: offer.Params})
		}
	}
	return p
}

// gists takes all that the host has said, in gists.
func (p *saalPeer) gists() []string {
	p.w.t.Helper()
	var all []string
	for _, b := range p.in {
		all = append(all, gist(p.w.t, b))
	}
	p.in = nil
	return all
}

// readExchange returns the messages of a flow that NgATM received, each with
// those that it sent after it.
func readExchange(t *testing.T, path string) []probe {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	steps := []probe{{name: "start"}}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		kind, octets, _ := strings.Cut(sc.Text(), " ")
		switch kind {
		case "RX":
			steps = append(steps, probe{name: fmt.Sprintf("message %d", len(steps)), octets: unhex(octets)})
		case "TX":
			s := &steps[len(steps)-1]
			s.answers = append(s.answers, gist(t, unhex(octets)))
		}
	}
	return steps[1:]
}

// TestNgATMCalls plays the messages that NgATM's network side received to
// ours. NgATM's application rings; the second call is point-to-multipoint, with
// a second party that comes and goes.
func TestNgATMCalls(t *testing.T) {
	p := calledPeer(t, "4700918100000000000000000000000000000101")
	other := map[string][]string{
		"message 1":  {"CALL PROCEEDING 13' channel", "CONNECT 13'"},
		"message 6":  {"CALL PROCEEDING 14' channel party 0 true", "CONNECT 14' party 0 true"},
		"message 10": {"CALL PROCEEDING 15' channel", "CONNECT 15'"},
		"message 14": {"RELEASE COMPLETE 119' cause 96 595e705c"},
	}
	for _, s := range readExchange(t, "../../testdata/golden/q2931/flow-network-side.txt") {
		if answers, ok := other[s.name]; ok {
			s.answers = answers
			delete(other, s.name)
		}
		p.send(s.octets)
		p.w.run(100 * time.Millisecond)
		if d := cmp.Diff(s.answers, p.gists()); d != "" {
			t.Errorf("%s %x: %s", s.name, s.octets, d)
		}
	}
	if len(other) > 0 {
		t.Errorf("not used: %v", other)
	}
	p.h.wantEmpty()
}

// TestCallsToNgATM: our user side calls NgATM's network side, whose answers
// are the captured ones: two calls, the second ended by RESTART of its channel
// from the network.
func TestCallsToNgATM(t *testing.T) {
	p := ready(newWorld(t, 1), uni.RoleUser)
	call := func(ref uint32) primitive.CallID {
		uni.SetNextRef(p.h.link, ref)
		id := p.h.call(paramsTo(macB, bestEffort))
		p.expect(msg.Setup)
		return id
	}
	id := call(13)
	p.sendHex("090380000d028000095a8000058800000040")
	p.sendHex("090380000d01800000")
	p.sendHex("090380000d0780001258800009058c23e48123e484005f800001cc")
	p.expect(msg.ConnectAck)
	if c := last[primitive.ConnectInd](p.h); c.ID.VCI != 64 || c.Params.Contract.Forward.MaxSDU != 1400 {
		t.Errorf("connected %+v", c)
	}
	p.resync() // and the audit after it
	p.expect(msg.StatusEnquiry)
	p.sendHex("090380000d7d80000b148000010a08800002809e")
	p.h.ask(primitive.ReleaseReq{Call: id, Cause: cause(ie.CauseNormalClearing)})
	p.expectCause(msg.Release, ie.CauseNormalClearing)
	p.sendHex("090380000d5a800000")
	p.h.wantEmpty()

	call(15)
	p.sendHex("090380000f028000095a8000058800000042")
	p.sendHex("090380000f0780001258800009058c23e48123e484005f800001cc")
	p.expect(msg.ConnectAck)
	p.sendHex("09030000004680000e5a80000588000000427980000180")
	if m := p.expect(msg.RestartAck); m.ConnID == nil || m.ConnID.VCI != 66 || m.Restart.Class != ie.RestartVC {
		t.Errorf("acknowledged %v", m)
	}
	if r := last[primitive.ReleaseInd](p.h); r.Detail != "the peer restarted" {
		t.Errorf("told %+v", r)
	}
	p.silence()
	p.h.wantEmpty()
}
