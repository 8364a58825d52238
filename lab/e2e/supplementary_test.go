package e2e_test

import (
	"bytes"
	"strings"
	"testing"

	"callmanager/client"
	"callmanager/config"
	"callmanager/lab"
)

// outcome is a call, or why there is none.
type outcome struct {
	vc  *client.VC
	err error
}

// calling calls bob in the background.
func calling(t *testing.T, c *client.Conn, o *client.CallOptions) <-chan outcome {
	t.Helper()
	made := make(chan outcome, 1)
	go func() {
		v, err := c.Call(t.Context(), "bob", o)
		made <- outcome{v, err}
	}()
	return made
}

// TestSupplementary: user-user information and notifications pass between two clients of two real
// daemons.
func TestSupplementary(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	a, b := dial(t, alice), dial(t, bob)
	sap, err := b.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	made := calling(t, a, &client.CallOptions{UserUser: []byte("4setup")})
	offer, err := sap.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(offer.Parameters().GetUserUser()); got != "4setup" {
		t.Errorf("offered with %q", got)
	}
	called, err := offer.AcceptAs(t.Context(), client.AcceptOptions{UserUser: []byte("4connect")})
	if err != nil {
		t.Fatal(err)
	}
	r := <-made
	if r.err != nil {
		t.Fatal(r.err)
	}
	if got := string(r.vc.UserUser()); got != "4connect" {
		t.Errorf("accepted with %q", got)
	}
	if err := called.Notify(t.Context(), []byte{0xf1, 2}); err != nil {
		t.Fatal(err)
	}
	if got := <-r.vc.Notifications(); !bytes.Equal(got, []byte{0xf1, 2}) {
		t.Errorf("told %x", got)
	}
	if _, err := called.CloseWith(t.Context(), client.CloseOptions{UserUser: []byte("4bye")}); err != nil {
		t.Fatal(err)
	}
	<-r.vc.Released()
	if why, ok := r.vc.Err().(*client.Error); !ok || string(why.UserUser) != "4bye" { //nolint:errorlint // it is one
		t.Errorf("released: %+v", why)
	}
}

// TestProfiles: daemons that speak UNI 3.1 and UNI 3.0 call each other both ways, restart a channel,
// and say what the edition does not carry.
func TestProfiles(t *testing.T) {
	t.Parallel()
	for _, p := range []config.Profile{config.ProfileUNI31, config.ProfileUNI30} {
		t.Run(p.String(), func(t *testing.T) {
			alice, bob := pair(t, lab.Config{Profile: p})
			for _, way := range [][2]*lab.Host{{alice, bob}, {bob, alice}} {
				l := listening(t, way[1], nil)
				cmctl(t, way[0], strings.NewReader("in old words"), "call", way[1].Name).wantOut("")
				l.wantOut("in old words")
			}
			cmctl(t, alice, nil, "links").want(0)
			l := listening(t, bob, openInput(t))
			c := cmctl(t, alice, openInput(t), "call", "bob")
			awaitCalls(t, dial(t, alice), 1)
			awaitCalls(t, dial(t, bob), 1)
			cmctl(t, bob, nil, "restart", "alice").want(0)
			c.want(1, "the peer restarted")
			l.want(1, "an operator has restarted")
			if _, err := dial(t, alice).Call(t.Context(), "bob", &client.CallOptions{UserUser: []byte{4}}); err == nil ||
				!strings.Contains(err.Error(), "UNI 3.x") {
				t.Errorf("user-user information: %v", err)
			}
		})
	}
}
