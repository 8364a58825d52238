package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPVC adds a PVC at both ends, sends a line each way through it and deletes it, by the command line
// alone. No SETUP goes out.
func TestPVC(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	alice.run(nil, "pvc", "list", "--json").want(0, "[]\n")
	alice.run(nil, "pvc", "add", "peer", "0/100", "--name", "backhaul", "--to", "bob", "--pcr", "10Mbit/s", "--receive-pcr", "5Mbit/s", "--bhli", "0102").want(0, "")
	bob.run(nil, "pvc", "add", "peer", "0/100", "--sel", "7", "--pcr", "5Mbit/s", "--receive-pcr", "10Mbit/s", "--bhli", "0102").want(0, "")
	echo := bob.listen(openInput(t), nil, "--sel", "7", "--lines", "--echo")
	eventually(t, "the PVC is taken", func() error { // nothing on the wire says when: what comes before is dropped
		if vcs := rowsOf(t, bob, "vcs"); len(vcs) != 1 || vcs[0]["state"] != "active" {
			return fmt.Errorf("the VCs are %v", vcs)
		}
		return nil
	})
	for _, how := range [][]string{{"--pvc", "0/100"}, {"--pvc", "peer:0/100"}, {"--permanent", "bob"}} {
		in, line := io.Pipe()
		c := alice.start(in, nil, append([]string{"call", "--lines", "-v"}, how...)...)
		if _, err := line.Write([]byte("the same\n")); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the line comes back", func() error {
			if c.out.String() != "the same\n" {
				return fmt.Errorf("%q, %q", c.out.String(), c.err.String())
			}
			return nil
		})
		_ = line.Close()
		c.want(0, "the same\n", "on peer 0/100, CBR 10Mbit/s/5Mbit/s")
	}
	select {
	case <-echo.done:
		t.Errorf("the echo has ended: %q", echo.err.String())
	default:
	}
	echo.stop()
	echo.want(0, "")
	for _, h := range []*host{alice, bob} {
		h.run(nil, "pvc", "delete", "0/100").want(0, "")
		awaitEmpty(t, h)
		if sent := rowsOf(t, h, "links")[0]["counters"].(map[string]any)["messages_out_setup"]; sent != 0.0 {
			t.Errorf("%v SETUPs were sent", sent)
		}
	}
}

// TestPVCRows are the rows of lists, for scripts and for people.
func TestPVCRows(t *testing.T) {
	needAdmin(t)
	alice, _ := startHosts(t)
	alice.run(nil, "pvc", "add", "peer", "3/100", "--name", "backhaul", "--to", "bob", "--sel", "0a", "--pcr", "10Mbit/s", "--bhli", "0102", "--blli", "03").want(0, "")
	alice.run(nil, "pvc", "add", "peer", "0/100", "--category", "nrt-vbr", "--pcr", "10Mbit/s", "--scr", "1Mbit/s", "--mbs", "50", "--max-sdu", "1000", "--receive-max-sdu", "500").want(0, "")
	alice.run(nil, "pvc", "add", "peer", "0/101").want(0, "")
	c := alice.start(openInput(t), nil, "call", "--pvc", "3/100")
	var rows []map[string]any
	eventually(t, "the PVC is in use", func() error {
		if rows = rowsOf(t, alice, "pvc list"); rows[2]["state"] != "in use" || rows[2]["opened"] != 1.0 {
			return errors.New("not yet")
		}
		return nil
	})
	keys := append(contractKeys("contract."), "bhli", "blli", "counters", "destination", "link", "name", "opened", "owner", "pid",
		"reason", "reserved", "selector", "state", "uid", "vc", "vci", "vpi")
	slices.Sort(keys)
	if diff := cmp.Diff(keys, keysOf("", rows[2])); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	for k, want := range map[string]any{
		"link": "peer", "vpi": 3.0, "vci": 100.0, "name": "backhaul", "selector": "0a", "bhli": "0102", "blli": "03", "owner": "cmctl", "opened": 1.0, "reason": "",
	} {
		if got := rows[2][k]; got != want {
			t.Errorf("%s is %v, want %v", k, got, want)
		}
	}
	for _, want := range []string{
		"LINK  VPI/VCI  NAME", "0/100 ", "nrt-VBR 10Mbit/s scr", "sdu 1000/500", "0/101 ", "UBR ", "backhaul  in use  CBR 10Mbit/s sdu 1492",
	} {
		if p := alice.run(nil, "pvc", "list"); !strings.Contains(p.out.String(), want) {
			t.Errorf("listed %s, want %q in it", p.out.String(), want)
		}
	}
	if p := alice.run(nil, "vcs"); !strings.Contains(p.out.String(), "3/100") || !strings.Contains(p.out.String(), "outgoing PVC") {
		t.Errorf("the VCs are\n%s", p.out.String())
	}
	if p := alice.run(nil, "__complete", "pvc", "delete", ""); !strings.Contains(p.out.String(), "peer:3/100\tbackhaul in use\n") {
		t.Errorf("completed %s", p.out.String())
	}
	alice.run(nil, "pvc", "delete", "peer:3/100").want(0, "")
	c.want(1, "", "an administrator has deleted the PVC")
}

// TestPVCMistakes are command lines that are wrong, and PVCs that there are not.
func TestPVCMistakes(t *testing.T) {
	needAdmin(t)
	alice, _ := startHosts(t)
	alice.run(nil, "pvc", "add", "peer", "0/100", "--pcr", "400Mbit/s").want(0, "")
	for _, tt := range []struct {
		code  int
		args  []string
		words string
	}{
		{2, []string{"call"}, "whom? want DEST or --pvc VPI/VCI"},
		{2, []string{"call", "bob", "--pvc", "0/100"}, "no DEST is wanted"},
		{2, []string{"call", "--pvc", "0/31"}, `"0/31" is no VPI/VCI of a PVC`},
		{2, []string{"call", "--pvc", "100"}, `"100" is no VPI/VCI of a PVC`},
		{2, []string{"call", "--pvc", "0/100", "--pcr", "1Mbit/s"}, "the contract of a PVC is the operator's"},
		{2, []string{"call", "--permanent", "bob", "--max-sdu", "100"}, "the contract of a PVC is the operator's"},
		{2, []string{"call", "--pvc", "0/100", "--sel", "7"}, "--sel: it is for calls to an address"},
		{1, []string{"call", "--pvc", "0/99"}, "no link has a PVC 0/99"},
		{1, []string{"call", "--permanent", "bob"}, "no PVC leads to"},
		{2, []string{"pvc", "add", "peer", "15/100"}, `"15/100" is no VPI/VCI of a PVC`},
		{2, []string{"pvc", "add", "peer", "0/101", "--category", "best"}, `--category "best": want CBR`},
		{2, []string{"pvc", "add", "peer", "0/101", "--pcr", "fast"}, "--pcr: "},
		{2, []string{"pvc", "add", "peer", "0/101", "--sel", "xyz"}, `--sel "xyz"`},
		{2, []string{"pvc", "add", "peer"}, "usage: cmctl pvc add LINK VPI/VCI"},
		{2, []string{"pvc", "delete", "one"}, `"one" is no VPI/VCI of a PVC`},
		{1, []string{"pvc", "add", "moon", "0/101"}, `there is no link "moon"`},
		{1, []string{"pvc", "add", "peer", "0/100"}, "link peer has the PVC 0/100 already"},
		{1, []string{"pvc", "add", "peer", "0/101", "--pcr", "400Mbit/s"}, "are free"},
		{1, []string{"pvc", "delete", "0/101"}, "no link has a PVC 0/101"},
	} {
		alice.run(nil, tt.args...).want(tt.code, "", tt.words)
	}
}
