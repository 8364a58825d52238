package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"callmanager/api/cmdpb"
	"callmanager/client"
)

// modified runs cmctl modify with --json and returns the outcome.
func (h *host) modified(code int, args ...string) (row modifyRow) {
	h.t.Helper()
	p := h.run(nil, append([]string{"modify", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(p.out.String()), &row); err != nil || p.code != code {
		h.t.Fatalf("cmctl %v: exit code %d, want %d, %v: %s %s", args, p.code, code, err, p.out.String(), p.err.String())
	}
	return row
}

// handles returns the handle of the only VC of each host.
func handles(t *testing.T, hosts ...*host) (hs []string) {
	t.Helper()
	for _, h := range hosts {
		eventually(t, "the call stands", func() error { return wantCall(t, h) })
		hs = append(hs, rowsOf(t, h, "vcs")[0]["handle"].(string))
	}
	return hs
}

// An administrator changes another's call, in both directions or in one, and what is refused leaves it as it is.
func TestModify(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	l := bob.listen(openInput(t), nil)
	c := alice.start(openInput(t), nil, "call", "--pcr", "10Mbit/s", "bob")
	hs := handles(t, alice, bob)
	alice.run(nil, "modify", hs[0], "--pcr", "38.4Mbit/s").want(0, hs[0]+" modified: CBR 38.4Mbit/s sdu 1492\n")
	for _, tc := range []struct {
		args              []string
		forward, backward uint32 // kcells/s
		changed           bool
	}{
		{[]string{"--pcr", "76.8Mbit/s"}, 200, 200, false},
		{[]string{"--pcr", "38.4Mbit/s,19.2Mbit/s"}, 100, 50, false},
		{[]string{"--pcr", ",3.84Mbit/s"}, 100, 10, false},
		{[]string{"--pcr", "7.68Mbit/s,"}, 20, 10, false},
		{[]string{"--pcr", "5Gbit/s,7.68Mbit/s", "--min-pcr", "3.84Mbit/s,"}, 0, 20, true},
		{[]string{"--pcr", "3.84Mbit/s", "--min-pcr", "384kbit/s"}, 10, 10, false},
	} {
		row := alice.modified(0, append(tc.args, hs[0])...)
		got := row.Contract
		if !row.Modified || row.Changed != tc.changed || row.VC != hs[0] || row.Status != "SUCCESS" || row.Cause != 0 || row.Detail != "" {
			t.Errorf("%v: %+v", tc.args, row)
		}
		if got.Category != "CBR" || tc.forward > 0 && got.Forward.PCR != tc.forward*1000 || got.Backward.PCR != tc.backward*1000 {
			t.Errorf("%v: %+v", tc.args, got)
		}
		for _, h := range []*host{alice, bob} { // the other side has adopted it when it has acknowledged
			list := rowsOf(t, h, "vcs")[0]["contract"].(map[string]any)
			if pcr := list["backward"].(map[string]any)["pcr"]; pcr != float64(tc.backward*1000) {
				t.Errorf("%v: the list has %v", tc.args, list)
			}
		}
	}
	for _, tc := range []struct {
		host  *host
		args  []string
		cause uint8
		words string
	}{
		{alice, []string{hs[0], "--pcr", "6Gbit/s"}, 37, "user cell rate not available (cause 37)"},
		{bob, []string{hs[1], "--pcr", "1Mbit/s"}, 29, "facility rejected (cause 29): the other side made the call"},
		{alice, []string{hs[0], "--scr", "1Mbit/s", "--mbs", "7"}, 0, "the call goes on as it is"},
		{alice, []string{"0x123400000001", "--pcr", "1Mbit/s"}, 0, "AdminModify: FAILURE: there is no VC 0x123400000001"},
	} {
		tc.host.run(nil, append([]string{"modify"}, tc.args...)...).want(1, "", "cmctl: modify "+tc.args[0]+": ", tc.words)
		if row := tc.host.modified(1, tc.args...); row.Modified || row.Cause != tc.cause || row.Status == "SUCCESS" || row.Detail == "" || row.VC != tc.args[0] {
			t.Errorf("%v: %+v", tc.args, row)
		}
	}
	if got := rowsOf(t, alice, "vcs")[0]["contract"].(map[string]any)["forward"].(map[string]any)["pcr"]; got != 10000.0 {
		t.Errorf("%v cells/s after refusals", got)
	}
	c.stop()
	c.want(0, "")
	l.want(0, "")
	alice.run(nil, "modify", hs[0], "--pcr", "1Mbit/s").want(1, "", "there is no VC")
	awaitEmpty(t, alice, bob)
}

// The rates of a VBR call, and the words for them.
func TestModifyVBR(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	l := bob.listen(openInput(t), nil)
	flow := &cmdpb.Flow{Pcr: 3000, Scr: 1000, Mbs: 20}
	v, err := alice.dial().Call(t.Context(), "bob", &client.CallOptions{
		Contract: &cmdpb.Contract{Category: cmdpb.Category_NRT_VBR, Forward: flow, Backward: flow},
	})
	if err != nil {
		t.Fatal(err)
	}
	hs := handles(t, alice)
	alice.run(nil, "modify", hs[0], "--scr", "768kbit/s", "--mbs", "30,40").want(0,
		hs[0]+" modified: nrt-VBR 1.152Mbit/s scr 768kbit/s mbs 30/40 sdu 1492\n")
	<-v.Changes() // the owner is told
	if p := v.Parameters(); p.GetContract().GetBackward().GetMbs() != 40 || !p.GetChanged() {
		t.Errorf("the owner has %v", p)
	}
	row := alice.modified(0, hs[0], "--scr", "384kbit/s,")
	if f, b := row.Contract.Forward, row.Contract.Backward; f.SCR != 1000 || b.SCR != 2000 || f.MBS != 30 || b.MBS != 40 || f.PCR != 3000 {
		t.Errorf("%+v", row.Contract)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	l.want(0, "")
}

// A call with parties is not modified, and says so.
func TestModifyParties(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	l := bob.listen(nil, nil, "--echo")
	v, err := alice.dial().Call(t.Context(), "bob", &client.CallOptions{Multipoint: true})
	if err != nil {
		t.Fatal(err)
	}
	hs := handles(t, alice)
	alice.run(nil, "modify", hs[0], "--pcr", "1Mbit/s,").want(1, "", "facility rejected (cause 29): a point-to-multipoint call cannot be modified")
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	l.want(0, "")
}

// A user at a terminal whose peer does not answer is told so, and may end the wait.
func TestModifySlow(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	bob.listen(openInput(t), nil)
	alice.start(openInput(t), nil, "call", "--pcr", "10Mbit/s", "bob")
	hs := handles(t, alice)
	_ = bob.engine.Close() // its wire alone
	p := alice.start(nil, func(s *streams) { s.terminal, s.patience = true, time.Millisecond }, "modify", hs[0], "--pcr", "1Mbit/s")
	eventually(t, "the user is told", func() error {
		if !strings.Contains(p.err.String(), "cmctl: the other side of "+hs[0]+" has not answered MODIFY REQUEST yet (Ctrl-C ends it)\n") {
			return errors.New("said " + p.err.String())
		}
		return nil
	})
	p.stop()
	p.want(1, "", "modify "+hs[0])
}
