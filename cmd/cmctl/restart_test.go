package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"callmanager/client"
)

// An operator restarts a channel, a path and a link. The clients at both ends learn why their calls
// have ended, and what is left agrees.
func TestRestart(t *testing.T) {
	needAdmin(t)
	for _, tc := range []struct {
		what    []string
		cleared int
	}{
		{[]string{"peer", "0/40"}, 0}, {[]string{"peer", "3"}, 0}, {[]string{"peer", "0/32"}, 1}, {[]string{"peer", "0"}, 1}, {[]string{"peer"}, 1},
	} {
		t.Run(strings.Join(tc.what, " "), func(t *testing.T) {
			alice, bob := startHosts(t)
			l := bob.listen(openInput(t), nil)
			c := alice.start(openInput(t), nil, "call", "bob")
			eventually(t, "the call stands", func() error {
				return errors.Join(wantCall(t, alice), wantCall(t, bob))
			})
			p := bob.run(nil, append([]string{"restart", "--json"}, tc.what...)...)
			var row restartRow
			if err := json.Unmarshal([]byte(p.out.String()), &row); err != nil || p.code != 0 {
				t.Fatalf("exit code %d, %v: %s %s", p.code, err, p.out.String(), p.err.String())
			}
			if !row.Acknowledged || row.Cleared != tc.cleared || len(row.Calls) != tc.cleared {
				t.Errorf("%+v", row)
			}
			if tc.cleared == 0 {
				if err := errors.Join(wantCall(t, alice), wantCall(t, bob)); err != nil {
					t.Error(err)
				}
				return
			}
			c.want(1, "", "the peer restarted")
			l.want(1, "", "an operator has restarted")
			awaitEmpty(t, alice, bob)
			bob.run(nil, append([]string{"restart"}, tc.what...)...).want(0, "acknowledged by the peer; calls cleared: 0\n")
		})
	}
}

// The table of what was cleared, and the words of a peer that is out of reach.
func TestRestartTells(t *testing.T) {
	needAdmin(t)
	alice, bob := startHosts(t)
	l := bob.listen(openInput(t), nil)
	c := alice.start(openInput(t), nil, "call", "bob")
	eventually(t, "the call stands", func() error {
		return errors.Join(wantCall(t, alice), wantCall(t, bob))
	})
	p := alice.run(nil, "restart", "peer")
	for _, w := range []string{"acknowledged by the peer; calls cleared: 1\n", "VPI/VCI", "0/32", bob.address[:20]} {
		if !strings.Contains(p.out.String(), w) {
			t.Errorf("said %q, want %q in it", p.out.String(), w)
		}
	}
	c.wait()
	l.wait()
	alice.run(nil, "restart", "nowhere").want(1, "", `no link "nowhere"`)
	bob.close()
	p = alice.run(nil, "restart", "peer")
	if p.code != 1 || !strings.Contains(p.out.String(), "not acknowledged by the peer") {
		t.Errorf("exit code %d: %s %s", p.code, p.out.String(), p.err.String())
	}
}

// A caller that wants to know hears that the called side takes its time.
func TestCallProgress(t *testing.T) {
	alice, bob := startHosts(t)
	sap, err := bob.dial().Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	c := alice.start(nil, nil, "call", "-v", "bob")
	offer, err := sap.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := offer.Alert(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	v, err := offer.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	<-v.Released()
	c.want(0, "", "cmctl: bob is being alerted\n", "cmctl: connected with bob")
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}
