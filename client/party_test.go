package client_test

import (
	"errors"
	"fmt"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
)

// leaf is a listener for one selector, as a leaf of a call has it.
func leaf(t *testing.T, c *client.Conn, selector uint8) *client.Listener {
	t.Helper()
	l, err := c.Listen(t.Context(), client.SAP{Selector: &selector})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// take accepts the next call.
func take(t *testing.T, l *client.Listener) <-chan result[*client.VC] {
	t.Helper()
	return later(func() (*client.VC, error) {
		o, err := l.Accept(t.Context())
		if err != nil {
			return nil, err
		}
		if !o.Parameters().GetMultipoint() {
			return nil, fmt.Errorf("offered with %v", o.Parameters())
		}
		return o.Accept(t.Context())
	})
}

// TestParties: a call with three leaves at one host, each a client of its own; what the root sends reaches all
// of them, those that join later and those that others leave, too.
func TestParties(t *testing.T) {
	l := startLab(t)
	alice := l.alice.dial(t)
	var leaves [3]*client.VC
	var listeners [3]*client.Listener
	for i := range listeners {
		listeners[i] = leaf(t, l.bob.dial(t), uint8(i+1))
	}
	selector := func(i int) *uint8 { s := uint8(i + 1); return &s }
	expect := func(i int) <-chan result[*client.VC] { return take(t, listeners[i]) }
	send := func(root *client.VC, text string, to ...int) {
		t.Helper()
		if _, err := root.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		for _, i := range to {
			buf := make([]byte, 64)
			if n, err := leaves[i].Read(buf); err != nil || string(buf[:n]) != text {
				t.Fatalf("leaf %d reads %q, %v; want %q", i, buf[:n], err, text)
			}
		}
	}
	first := expect(0)
	root, err := alice.Call(t.Context(), "bob", &client.CallOptions{Multipoint: true, Selector: selector(0)})
	if err != nil {
		t.Fatal(err)
	}
	leaves[0] = mustVC(t, first)
	if ps := root.Parties(); len(ps) != 1 || root.MaxReceive() != 0 {
		t.Fatalf("%d parties, %d octets backward", len(ps), root.MaxReceive())
	}
	send(root, "one", 0)
	var parties []*client.Party
	for i := 1; i < 3; i++ {
		joining := expect(i)
		p, err := root.AddParty(t.Context(), "bob", &client.PartyOptions{Selector: selector(i)})
		if err != nil {
			t.Fatal(err)
		}
		parties = append(parties, p)
		leaves[i] = mustVC(t, joining)
	}
	send(root, "all three", 0, 1, 2)

	if err := leaves[0].Close(); err != nil { // the first leaf goes, the others stay
		t.Fatal(err)
	}
	gone := root.Parties()[0]
	<-gone.Gone()
	if why, _ := errors.AsType[*client.Error](gone.Err()); why == nil || why.Status != cmdpb.Status_SUCCESS {
		t.Errorf("the first party has gone: %v", gone.Err())
	}
	if err := gone.Drop(t.Context(), client.Cause{}); err != nil {
		t.Error(err)
	}
	send(root, "two are left", 1, 2)
	if err := parties[0].Drop(t.Context(), client.Cause{Value: 31}); err != nil {
		t.Fatal(err)
	}
	<-leaves[1].Released()
	if why, _ := errors.AsType[*client.Error](leaves[1].Err()); why == nil || why.Cause.Value != 31 {
		t.Errorf("the second leaf was dropped: %v", leaves[1].Err())
	}
	if err := parties[1].Drop(t.Context(), client.Cause{}); !isStatus(err, cmdpb.Status_FAILURE) {
		t.Errorf("drop of the last party: %v", err)
	}
	send(root, "one is left", 2)
	if err := root.Close(); err != nil {
		t.Fatal(err)
	}
	<-leaves[2].Released()
	for _, v := range leaves[1:] {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
	closeAllOf(t, listeners[:])
	l.awaitEmpty(t)
}

// TestPartyRefusals: what AddParty and a call with parties are refused, and that the close of a call drops its
// parties.
func TestPartyRefusals(t *testing.T) {
	l := startLab(t)
	alice := l.alice.dial(t)
	one, two := leaf(t, l.bob.dial(t), 1), leaf(t, l.bob.dial(t), 2)
	s1, s2, none := uint8(1), uint8(2), uint8(9)
	first := take(t, one)
	root, err := alice.Call(t.Context(), "bob", &client.CallOptions{Multipoint: true, Selector: &s1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := root.AddParty(t.Context(), "bob", &client.PartyOptions{Selector: &none}); err == nil {
		t.Error("a party that nobody listens for was added")
	} else if why, _ := errors.AsType[*client.Error](err); why == nil || why.Cause.Value != 88 {
		t.Errorf("nobody listens: %v, want cause 88", err)
	}
	refused := later(func() (struct{}, error) {
		o, err := two.Accept(t.Context())
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, o.Reject(t.Context(), client.Cause{Value: 17})
	})
	_, err = root.AddParty(t.Context(), "bob", &client.PartyOptions{Selector: &s2})
	if why, _ := errors.AsType[*client.Error](err); why == nil || why.Cause.Value != 17 {
		t.Errorf("refused: %v, want cause 17", err)
	}
	if r := <-refused; r.err != nil {
		t.Error(r.err)
	}
	second := take(t, two)
	if _, err := root.AddParty(t.Context(), "bob", &client.PartyOptions{Selector: &s2}); err != nil {
		t.Fatal(err)
	}
	leaves := []*client.VC{mustVC(t, first), mustVC(t, second)}
	if err := root.Close(); err != nil {
		t.Errorf("close with two parties: %v", err)
	}
	for _, v := range leaves {
		<-v.Released()
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
	closeAllOf(t, []*client.Listener{one, two})
	l.awaitEmpty(t)
}

// mustVC waits for a call.
func mustVC(t *testing.T, ch <-chan result[*client.VC]) *client.VC {
	t.Helper()
	r := <-ch
	if r.err != nil {
		t.Fatal(r.err)
	}
	return r.value
}

// closeAllOf ends listeners.
func closeAllOf(t *testing.T, ls []*client.Listener) {
	t.Helper()
	for _, l := range ls {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
