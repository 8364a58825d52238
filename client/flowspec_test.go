package client_test

import (
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/signalling/q2931/ie"
)

// isOneWay checks that v receives, or sends, at a rate in octets and in cells a second, and nothing the other way.
func isOneWay(t *testing.T, v *client.VC, sends bool, told, cells uint32) {
	t.Helper()
	p := v.Parameters()
	used, unused := p.GetTransmit(), p.GetReceive()
	if !sends {
		used, unused = unused, used
	}
	c := p.GetContract()
	if used.GetTokenRate() != told || used.GetServiceType() != cmdpb.ServiceType_GUARANTEED || unused.GetServiceType() != cmdpb.ServiceType_NOTRAFFIC ||
		c.GetForward().GetPcr() != cells || c.GetBackward().GetPcr() != 0 {
		t.Errorf("want %d octets/s, %d cells/s: in force %v", told, cells, p)
	}
}

// TestModifyInFlowspecs changes a call that carries data one way alone, in octets a second: both ends tell what is in
// force from their points of view, a rate that is rounded is told as changed, and what is refused changes nothing.
func TestModifyInFlowspecs(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	c := connect(t, alice, bob, "bob", &client.CallOptions{Transmit: guaranteed(1_000_000, 100)})
	isOneWay(t, c.calling, true, 1_000_000, 30000) // 100 octets are 3 cells
	isOneWay(t, c.called, false, 1_000_000, 30000)
	for name, row := range map[string]struct {
		o           client.ModifyOptions
		told, cells uint32
		changed     bool
	}{
		"whole":        {client.ModifyOptions{Transmit: guaranteed(500_000, none)}, 500_000, 15000, false},
		"rounded up":   {client.ModifyOptions{Transmit: guaranteed(500_001, 0), Rounding: cmdpb.Rounding_ROUND_UP}, 500_033, 15001, true},
		"rounded down": {client.ModifyOptions{Transmit: guaranteed(500_001, 100), Receive: &cmdpb.FlowSpec{}, Rounding: cmdpb.Rounding_ROUND_DOWN}, 500_000, 15000, true},
	} {
		if err := c.calling.ModifyWith(t.Context(), row.o); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		<-c.called.Changes()
		isOneWay(t, c.calling, true, row.told, row.cells)
		isOneWay(t, c.called, false, row.told, row.cells)
		if p := c.calling.Parameters(); p.GetChanged() != row.changed {
			t.Errorf("%s: %v", name, p)
		}
		if err := c.calling.Send(t.Context(), client.SDU{Payload: make([]byte, 100)}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.called.Recv(t.Context(), make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	// A contract does away with the units of the last change, for what it asks for is whole.
	if err := c.calling.Modify(t.Context(), &cmdpb.Contract{Forward: &cmdpb.Flow{Pcr: 3000}}); err != nil {
		t.Fatal(err)
	}
	<-c.called.Changes()
	isOneWay(t, c.called, false, 100_000, 3000)
	if p := c.calling.Parameters(); p.GetTransmit() != nil || p.GetChanged() {
		t.Errorf("by a contract: %v", p)
	}
	other := guaranteed(1, none)
	other.ServiceType = cmdpb.ServiceType_CONTROLLEDLOAD
	delayed := guaranteed(1000, none)
	delayed.Latency = 1000
	for name, row := range map[string]struct {
		vc   *client.VC
		o    client.ModifyOptions
		want cmdpb.Status
	}{
		"a contract as well":     {c.calling, client.ModifyOptions{Transmit: guaranteed(1000, none), Contract: cbr(1, 1)}, cmdpb.Status_INVALID_DATA},
		"a rounding alone":       {c.calling, client.ModifyOptions{Contract: cbr(1, 1), Rounding: cmdpb.Rounding_ROUND_UP}, cmdpb.Status_INVALID_DATA},
		"another service":        {c.calling, client.ModifyOptions{Transmit: other}, cmdpb.Status_INVALID_DATA},
		"a delay":                {c.calling, client.ModifyOptions{Transmit: delayed}, cmdpb.Status_INVALID_DATA},
		"the other way as well":  {c.calling, client.ModifyOptions{Receive: guaranteed(1000, none)}, cmdpb.Status_INVALID_DATA},
		"nothing":                {c.calling, client.ModifyOptions{Transmit: guaranteed(1, none), Rounding: cmdpb.Rounding_ROUND_DOWN}, cmdpb.Status_INVALID_DATA},
		"another size":           {c.calling, client.ModifyOptions{Transmit: guaranteed(none, 99)}, cmdpb.Status_NOT_SUPPORTED},
		"more than the link has": {c.calling, client.ModifyOptions{Transmit: guaranteed(500_000_000, none)}, cmdpb.Status_CELLRATE_NOT_AVAILABLE},
		"by the called side":     {c.called, client.ModifyOptions{Receive: guaranteed(1000, none)}, cmdpb.Status_NOT_SUPPORTED},
	} {
		if err := row.vc.ModifyWith(t.Context(), row.o); !isStatus(err, row.want) {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
		isOneWay(t, c.called, false, 100_000, 3000)
	}
	_, _ = c.calling.Close(), c.called.Close()
	l.awaitEmpty(t)
}

// TestModifyOtherInFlowspecs: an administrator asks from the point of view of the end whose call it is.
func TestModifyOtherInFlowspecs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("changing calls of others needs root")
	}
	l := startLab(t)
	alice, bob, operator := l.alice.dial(t), l.bob.dial(t), l.alice.dial(t)
	c := connect(t, alice, bob, "bob", &client.CallOptions{Transmit: guaranteed(1_000_000, 100)})
	p, err := operator.ModifyOther(t.Context(), c.calling.Handle(), client.ModifyOptions{
		Transmit: guaranteed(500_001, none), Rounding: cmdpb.Rounding_ROUND_DOWN,
	})
	if err != nil {
		t.Fatal(err)
	}
	if p.GetTransmit().GetTokenRate() != 500_000 || !p.GetChanged() {
		t.Errorf("the administrator is told %v", p)
	}
	<-c.calling.Changes()
	<-c.called.Changes()
	isOneWay(t, c.calling, true, 500_000, 15000)
	isOneWay(t, c.called, false, 500_000, 15000)
	_, err = operator.ModifyOther(t.Context(), c.calling.Handle(), client.ModifyOptions{Transmit: guaranteed(1, 1), Contract: cbr(1, 1)})
	if !isStatus(err, cmdpb.Status_INVALID_DATA) {
		t.Errorf("both: %v", err)
	}
	_, _ = c.calling.Close(), c.called.Close()
	l.awaitEmpty(t)
}

// TestAcceptInFlowspecs: an offer shows both directions as the called end has them, and is accepted in the same
// units within what the caller accepts; else the call is refused.
func TestAcceptInFlowspecs(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	listener, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		answer    client.AcceptOptions
		told, pcr uint32 // what bob receives; 0 is a refusal
	}{
		"as offered":     {client.AcceptOptions{Receive: guaranteed(none, none)}, 1_000_000, 30000},
		"less":           {client.AcceptOptions{Receive: guaranteed(400_000, none), UserUser: []byte{4}}, 400_000, 12000},
		"rounded down":   {client.AcceptOptions{Receive: guaranteed(400_001, none), Rounding: cmdpb.Rounding_ROUND_DOWN}, 400_000, 12000},
		"rounded up":     {client.AcceptOptions{Receive: guaranteed(299_999, none)}, 300_000, 9000},
		"too little":     {client.AcceptOptions{Receive: guaranteed(299_999, none), Rounding: cmdpb.Rounding_ROUND_DOWN}, 0, 0},
		"more":           {client.AcceptOptions{Receive: guaranteed(1_000_001, none)}, 0, 0},
		"not negotiable": {client.AcceptOptions{Transmit: guaranteed(400_000, none)}, 0, 0},
		"a contract too": {client.AcceptOptions{Receive: guaranteed(400_000, none), Contract: cbr(1, 1)}, 0, 0},
		"only rounding":  {client.AcceptOptions{Rounding: cmdpb.Rounding_ROUND_UP}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			called := later(func() (*client.VC, error) {
				return alice.Call(t.Context(), "bob", &client.CallOptions{
					Transmit: guaranteed(1_000_000, 100), Receive: guaranteed(2_000_000, 100), Minimum: &cmdpb.PeakRates{Forward: 9000},
				})
			})
			o, err := listener.Accept(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if p := o.Parameters(); p.GetReceive().GetTokenRate() != 1_000_000 || p.GetTransmit().GetTokenRate() != 2_000_000 || p.GetContract() == nil {
				t.Errorf("offered %v", p)
			}
			v, err := o.AcceptAs(t.Context(), row.answer)
			r := <-called
			if row.told == 0 {
				e, ok := errors.AsType[*client.Error](r.err)
				if !isStatus(err, cmdpb.Status_INVALID_DATA) || !ok || e.Cause.Value != uint8(ie.CauseCallRejected) {
					t.Errorf("accepted: %v, called: %v", err, r.err)
				}
				return
			}
			if err != nil || r.err != nil {
				t.Fatal(err, r.err)
			}
			here, there := v.Parameters(), r.value.Parameters()
			if diff := cmp.Diff(there.GetContract(), here.GetContract(), protocmp.Transform()); diff != "" || here.GetContract().GetForward().GetPcr() != row.pcr {
				t.Errorf("contracts %v (-caller +called):\n%s", here, diff)
			}
			if here.GetReceive().GetTokenRate() != row.told || there.GetTransmit().GetTokenRate() != row.told ||
				here.GetTransmit().GetTokenRate() != 2_000_000 || !here.GetChanged() || there.GetChanged() != (row.told != 1_000_000) {
				t.Errorf("called %v, calling %v", here, there)
			}
			_, _ = r.value.Close(), v.Close()
		})
	}
	_ = listener.Close()
	l.awaitEmpty(t)
}

// TestAcceptInFlowspecsBefore: what a daemon before version 1.3 would not understand is not said; the call is given up.
func TestAcceptInFlowspecsBefore(t *testing.T) {
	d, c := startFakeOf(t, cmdpb.ModelMinor-1)
	l := d.listening(c)
	d.offer(7, 9)
	o, err := l.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done := later(func() (*client.VC, error) {
		return o.AcceptAs(t.Context(), client.AcceptOptions{Receive: guaranteed(1, 1)})
	})
	d.finishClose(false)
	if r := <-done; r.err == nil {
		t.Error("accepted")
	}
}

// TestAcceptInFlowspecsAnswers: a daemon that accepts, and cannot say what it has led to, has the call given up.
func TestAcceptInFlowspecsAnswers(t *testing.T) {
	for name, info := range map[string]*cmdpb.CallInformation{"no VC": nil, "no parameters": {Vc: &cmdpb.VC{}}} {
		t.Run(name, func(t *testing.T) {
			d, c := startFakeOf(t, cmdpb.ModelMinor)
			l := d.listening(c)
			d.offer(7, 9)
			o, err := l.Accept(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			done := later(func() (*client.VC, error) {
				return o.AcceptAs(t.Context(), client.AcceptOptions{Receive: guaranteed(1, 1)})
			})
			m := d.expect("incoming_call_complete")
			if p := m.GetIncomingCallComplete().GetParameters(); !p.GetChanged() || p.GetReceive().GetTokenRate() != 1 || p.GetContract() != nil {
				t.Errorf("answered %v", p)
			}
			d.success(m)
			m = d.expect("get_call_information")
			if info == nil {
				d.refuse(m, cmdpb.Status_FAILURE)
			} else {
				d.reply(m, &cmdpb.Reply{Result: &cmdpb.Reply_CallInformation{CallInformation: info}})
			}
			d.finishClose(false)
			if r := <-done; r.err == nil {
				t.Error("accepted")
			}
		})
	}
}
