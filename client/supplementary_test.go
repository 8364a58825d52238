package client_test

import (
	"bytes"
	"errors"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
)

// TestUserUser: what two clients tell each other beside a call, over two daemons.
func TestUserUser(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	sap, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	progress := make(chan client.Progress, 1)
	calling := later(func() (*client.VC, error) {
		return alice.Call(t.Context(), "bob", &client.CallOptions{
			UserUser: []byte("4setup"), OnProgress: func(p client.Progress) { progress <- p },
		})
	})
	offer, err := sap.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(offer.Parameters().GetUserUser()); got != "4setup" {
		t.Errorf("offered with %q", got)
	}
	if err := offer.Alert(t.Context(), []byte("4alerting")); err != nil {
		t.Fatal(err)
	}
	if p := <-progress; !p.Alerting || string(p.UserUser) != "4alerting" {
		t.Errorf("progress %+v", p)
	}
	called, err := offer.AcceptAs(t.Context(), client.AcceptOptions{UserUser: []byte("4connect")})
	if err != nil {
		t.Fatal(err)
	}
	r := <-calling
	if r.err != nil || string(r.value.UserUser()) != "4connect" || r.value.Parameters().GetChanged() {
		t.Fatalf("%v, %q, %v", r.err, r.value.UserUser(), r.value.Parameters())
	}
	for i := range 3 {
		if err := errors.Join(r.value.Notify(t.Context(), []byte{0xf1, byte(i)}), called.Notify(t.Context(), []byte{0xf2, byte(i)})); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		if got := <-called.Notifications(); !bytes.Equal(got, []byte{0xf1, byte(i)}) {
			t.Errorf("bob is told %x", got)
		}
		if got := <-r.value.Notifications(); !bytes.Equal(got, []byte{0xf2, byte(i)}) {
			t.Errorf("alice is told %x", got)
		}
	}
	if _, err := r.value.CloseWith(t.Context(), client.CloseOptions{UserUser: []byte("4bye")}); err != nil {
		t.Fatal(err)
	}
	<-called.Released()
	why, _ := errors.AsType[*client.Error](called.Err())
	if why == nil || why.Status != cmdpb.Status_SUCCESS || string(why.UserUser) != "4bye" {
		t.Errorf("released: %+v", why)
	}
	if err := errors.Join(called.Close(), sap.Close()); err != nil {
		t.Error(err)
	}
	l.awaitEmpty(t)
}

// TestUserUserOfRefusals: what a refusal says, and what cannot be said.
func TestUserUserOfRefusals(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	sap, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	calling := later(func() (*client.VC, error) { return alice.Call(t.Context(), "bob", nil) })
	offer, err := sap.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := offer.RejectWith(t.Context(), client.Cause{Value: 17}, []byte("4busy")); err != nil {
		t.Fatal(err)
	}
	why, _ := errors.AsType[*client.Error]((<-calling).err)
	if why == nil || why.Cause.Value != 17 || string(why.UserUser) != "4busy" {
		t.Errorf("refused: %+v", why)
	}
	if err := sap.Close(); err != nil {
		t.Error(err)
	}
	long := make([]byte, 129)
	if _, err := alice.Call(t.Context(), "bob", &client.CallOptions{UserUser: long}); !isStatus(err, cmdpb.Status_INVALID_DATA) {
		t.Errorf("129 octets: %v", err)
	}
	c := connect(t, alice, bob, "bob", nil)
	if err := c.calling.Notify(t.Context(), nil); !isStatus(err, cmdpb.Status_INVALID_DATA) {
		t.Errorf("empty notification: %v", err)
	}
	for _, v := range []*client.VC{c.calling, c.called} {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
	l.awaitEmpty(t)
}
