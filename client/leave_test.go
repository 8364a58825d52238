package client_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/signalling/q2931/ie"
)

// notifyClose is what a daemon says when it ends.
func notifyClose() *cmdpb.ServerMessage {
	return &cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_NotifyCloseAf{NotifyCloseAf: &cmdpb.NotifyCloseAF{
		Reason: "the test is over", TimeoutMs: uint32(patience.Milliseconds()), LingerMs: 4711, Cause: &cmdpb.Cause{Value: 27},
	}}}
}

// root makes a point-to-multipoint call with two parties, 21 and 22, on the VC 3 of a fake daemon.
func (d *fakeDaemon) root(c *client.Conn) *client.VC {
	d.t.Helper()
	called := later(func() (*client.VC, error) {
		return c.Call(d.t.Context(), "bob", &client.CallOptions{Multipoint: true})
	})
	m := d.expect("make_call")
	_, fds := d.rings()
	d.reply(m, &cmdpb.Reply{
		Status: cmdpb.Status_PENDING, Result: &cmdpb.Reply_Handle{Handle: &cmdpb.HandleResult{Handle: 3}},
	}, fds...)
	done := makeCallComplete(m.GetRequest(), cmdpb.Status_SUCCESS)
	done.GetMakeCallComplete().Vc, done.GetMakeCallComplete().Party = 3, 21
	d.send(done)
	r := <-called
	if r.err != nil {
		d.t.Fatal(r.err)
	}
	added := later(func() (*client.Party, error) { return r.value.AddParty(d.t.Context(), "carol", nil) })
	m = d.expect("add_party")
	d.pending(m)
	d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_AddPartyComplete{AddPartyComplete: &cmdpb.AddPartyComplete{
		Request: m.GetRequest(), Vc: 3, Party: 22, Parameters: params(),
	}}})
	if p := <-added; p.err != nil {
		d.t.Fatal(p.err)
	}
	return r.value
}

// INV-13, INV-14: when the daemon ends the library closes by itself, in the model's order: parties to one, calls,
// SAPs, the address family; and only then it says so. The reader waits for none of it.
func TestINV14LeaveInOrder(t *testing.T) {
	d, c := startFakeOf(t, cmdpb.ModelMinor)
	l := d.listening(c)
	root := d.root(c)
	d.offer(7, 5)
	o, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.offer(7, 6) // nobody takes it
	d.alive(c)    // it has come
	d.send(notifyClose())
	<-c.Closing()
	closes := map[uint64]*cmdpb.ClientMessage{}
	dropped := false
	for len(closes) < 3 {
		switch m := d.next(); opOf(m) {
		case "drop_party":
			dropped = m.GetDropParty().GetParty() == 21
			d.pending(m)
		case "close_call":
			op := m.GetCloseCall()
			if closes[op.GetVc()] != nil || op.GetVc() == 3 && !dropped || op.GetCause().GetValue() != 27 || op.GetLingerMs() != 4711 {
				t.Errorf("got %v, parties dropped: %v", m, dropped)
			}
			closes[op.GetVc()] = m
		default:
			t.Fatalf("got %v", m)
		}
	}
	d.alive(c) // the reader goes on
	if _, err := l.Accept(t.Context()); !isStatus(err, cmdpb.Status_CLOSING) {
		t.Errorf("Accept: %v", err)
	}
	for _, v := range []uint64{3, 5, 6} {
		d.pending(closes[v])
		d.send(closeCallComplete(closes[v].GetRequest()))
	}
	var ops []string
	for len(ops) == 0 || ops[len(ops)-1] != "notify_close_af_complete" {
		m := d.next()
		switch opOf(m) {
		case "close_af":
			d.pending(m)
			d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CloseAfComplete{CloseAfComplete: &cmdpb.CloseAFComplete{Request: m.GetRequest()}}})
		case "notify_close_af_complete":
			if s := m.GetNotifyCloseAfComplete().GetStatus(); s != cmdpb.Status_SUCCESS {
				t.Errorf("completed with %s", s)
			}
			d.success(m)
		case "ring_done": // of the offer that nobody has taken
			continue
		default:
			d.success(m)
		}
		ops = append(ops, opOf(m))
	}
	if want := []string{"deregister_sap", "close_af", "notify_close_af_complete"}; !slices.Equal(ops, want) {
		t.Errorf("after the calls: %v, want %v", ops, want)
	}
	if err := root.Err(); !isStatus(err, cmdpb.Status_CLOSING) {
		t.Errorf("the root ends with %v", err)
	}
	if _, err := o.Accept(t.Context()); !isStatus(err, cmdpb.Status_CLOSING) {
		t.Errorf("Accept of an offer: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("close of the listener: %v", err)
	}
	d.send(notifyClose()) // a second one leads to nothing
	d.send(goodbye("the test is over"))
	<-c.Done()
	_ = root.Close() // gives the rings back
}

// TestLeaveTooLate: what cannot be closed within the daemon's time is left to it.
func TestLeaveTooLate(t *testing.T) {
	d, c := startFakeOf(t, cmdpb.ModelMinor)
	l := d.listening(c)
	d.offer(7, 5)
	if _, err := l.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	late := notifyClose()
	late.GetNotifyCloseAf().TimeoutMs = 0
	d.send(late)
	d.expect("close_call") // which is not answered
	for {
		m := d.next()
		if opOf(m) == "notify_close_af_complete" {
			if s := m.GetNotifyCloseAfComplete().GetStatus(); s != cmdpb.Status_FAILURE {
				t.Errorf("completed with %s", s)
			}
			d.success(m)
			break
		}
		d.success(m)
	}
	d.send(goodbye("the test is over"))
	<-c.Done()
}

// TestDaemonLeaves ends a whole daemon under a client that listens, holds calls both ways and has an offer: the
// other side gets what was written, and both daemons are empty.
func TestDaemonLeaves(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	out := connect(t, bob, alice, l.alice.address, nil)
	ln, err := bob.Listen(t.Context(), client.SAP{Selector: new(uint8(9))})
	if err != nil {
		t.Fatal(err)
	}
	idle, err := bob.CreateVC(t.Context())
	if err != nil || idle == 0 {
		t.Fatal(idle, err)
	}
	waiting := later(func() (*client.VC, error) {
		return alice.Call(t.Context(), "bob", &client.CallOptions{Selector: new(uint8(9))})
	})
	offer, err := ln.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const n = 50
	for i := range n {
		if _, err := out.calling.Write(bytes.Repeat([]byte{byte(i)}, 100)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.bob.shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	<-bob.Closing()
	<-bob.Done()
	for i := range n {
		buf := make([]byte, out.called.MaxReceive())
		if got, err := out.called.Read(buf); err != nil || got != 100 || buf[0] != byte(i) {
			t.Fatalf("SDU %d: %d octets, %v", i, got, err)
		}
	}
	if _, err := out.called.Read(make([]byte, out.called.MaxReceive())); !errors.Is(err, io.EOF) {
		t.Errorf("afterwards: %v", err)
	}
	if r := <-waiting; !isStatus(r.err, cmdpb.Status_DEST_OUT_OF_ORDER) {
		t.Errorf("the call that was not answered: %v", r.err)
	}
	for name, err := range map[string]error{"call": out.calling.Err(), "offer": func() error { _, err := offer.Accept(t.Context()); return err }()} {
		if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != cmdpb.Status_CLOSING {
			t.Errorf("%s: %v", name, err)
		}
	}
	if e, ok := errors.AsType[*client.Error](out.called.Err()); !ok || e.Cause.Value != uint8(ie.CauseDestinationOutOfOrder) {
		t.Errorf("the other side is told %v", out.called.Err())
	}
	_, _, _ = out.calling.Close(), out.called.Close(), bob.Close()
	l.awaitEmpty(t)
}
