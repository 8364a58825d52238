package client_test

import (
	"context"
	"errors"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
)

// cbr is a contract of two constant rates.
func cbr(forward, backward uint32) *cmdpb.Contract {
	return &cmdpb.Contract{
		Category: cmdpb.Category_CBR,
		Forward:  &cmdpb.Flow{Pcr: forward, MaxSdu: 1000}, Backward: &cmdpb.Flow{Pcr: backward, MaxSdu: 1000},
	}
}

// wantRates checks what is in force at both ends of a call.
func (c connected) wantRates(t *testing.T, forward, backward uint32) {
	t.Helper()
	for _, v := range []*client.VC{c.calling, c.called} {
		got := v.Parameters().GetContract()
		if got.GetForward().GetPcr() != forward || got.GetBackward().GetPcr() != backward || got.GetForward().GetMaxSdu() != 1000 {
			t.Errorf("VC %#x has %v, want %d and %d cells/s", v.Handle(), got, forward, backward)
		}
	}
}

// TestModify changes a call while it carries data, up and down; a change that is
// refused leaves the old rates, and the called side cannot ask.
func TestModify(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	c := connect(t, alice, bob, "bob", &client.CallOptions{Contract: cbr(1000, 2000)})
	exchange := func() {
		t.Helper()
		for _, vcs := range [][2]*client.VC{{c.calling, c.called}, {c.called, c.calling}} {
			if err := vcs[0].Send(t.Context(), client.SDU{Payload: make([]byte, 1000)}); err != nil {
				t.Fatal(err)
			}
			if _, err := vcs[1].Recv(t.Context(), make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, rates := range [][2]uint32{{50000, 3000}, {10, 20}, {10, 90000}} {
		exchange()
		if err := c.calling.Modify(t.Context(), cbr(rates[0], rates[1])); err != nil {
			t.Fatal(err)
		}
		select {
		case <-c.called.Changes():
		case <-t.Context().Done():
			t.Fatal("the called side is not told")
		}
		c.wantRates(t, rates[0], rates[1])
	}
	// What is left open stays.
	if err := c.calling.Modify(t.Context(), &cmdpb.Contract{Forward: &cmdpb.Flow{Pcr: 77000}}); err != nil {
		t.Fatal(err)
	}
	<-c.called.Changes()
	c.wantRates(t, 77000, 90000)
	exchange()
	for name, row := range map[string]struct {
		vc       *client.VC
		contract *cmdpb.Contract
		want     cmdpb.Status
	}{
		"more than the link has":   {c.calling, cbr(16000000, 1), cmdpb.Status_CELLRATE_NOT_AVAILABLE},
		"another category":         {c.calling, &cmdpb.Contract{Category: cmdpb.Category_UBR}, cmdpb.Status_NOT_SUPPORTED},
		"another SDU size":         {c.calling, &cmdpb.Contract{Forward: &cmdpb.Flow{MaxSdu: 999}}, cmdpb.Status_NOT_SUPPORTED},
		"no contract":              {c.calling, &cmdpb.Contract{Forward: &cmdpb.Flow{Mbs: 5}}, cmdpb.Status_INVALID_DATA},
		"by the called side":       {c.called, cbr(1, 1), cmdpb.Status_NOT_SUPPORTED},
		"more than a number holds": {c.calling, cbr(1<<24, 1), cmdpb.Status_INVALID_DATA},
	} {
		if err := row.vc.Modify(t.Context(), row.contract); !isStatus(err, row.want) {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
		c.wantRates(t, 77000, 90000)
	}
	exchange()
	if err := c.calling.Close(); err != nil {
		t.Error(err)
	}
	if err := c.calling.Modify(t.Context(), cbr(1, 1)); !isStatus(err, cmdpb.Status_FAILURE) {
		t.Errorf("a closed call: %v", err)
	}
	if err := c.called.Close(); err != nil {
		t.Error(err)
	}
	l.awaitEmpty(t)
}

// TestModifyAnswers: a daemon that answers as it should, and one that does not.
func TestModifyAnswers(t *testing.T) {
	d, c := startFake(t)
	v, _ := d.calling(c)
	modify := func(ctx context.Context) (<-chan result[struct{}], *cmdpb.ClientMessage) {
		done := later(func() (struct{}, error) { return struct{}{}, v.Modify(ctx, cbr(5, 6)) })
		return done, d.expect("modify_call_qos")
	}
	complete := func(m *cmdpb.ClientMessage, s cmdpb.Status, p *cmdpb.CallParameters) {
		d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_ModifyCallQosComplete{ModifyCallQosComplete: &cmdpb.ModifyCallQoSComplete{
			Request: m.GetRequest(), Vc: 1, Status: s, Parameters: p, Detail: "by the test",
		}}})
	}
	done, m := modify(t.Context())
	if op := m.GetModifyCallQos(); op.GetVc() != 1 || op.GetParameters().GetContract().GetForward().GetPcr() != 5 {
		t.Errorf("asked %v", op)
	}
	d.refuse(m, cmdpb.Status_NOT_SUPPORTED)
	if r := <-done; !isStatus(r.err, cmdpb.Status_NOT_SUPPORTED) {
		t.Errorf("refused at once: %v", r.err)
	}
	done, m = modify(t.Context())
	d.pending(m)
	complete(m, cmdpb.Status_CELLRATE_NOT_AVAILABLE, &cmdpb.CallParameters{})
	if r := <-done; !isStatus(r.err, cmdpb.Status_CELLRATE_NOT_AVAILABLE) || v.MaxSend() != 1000 {
		t.Errorf("refused later: %v, %d", r.err, v.MaxSend())
	}
	done, m = modify(t.Context())
	d.pending(m)
	complete(m, cmdpb.Status_SUCCESS, nil) // without parameters: nothing is known to be new
	if r := <-done; r.err != nil || v.MaxSend() != 1000 {
		t.Errorf("done: %v, %d", r.err, v.MaxSend())
	}
	complete(m, cmdpb.Status_SUCCESS, &cmdpb.CallParameters{}) // a second time
	ctx, cancel := context.WithCancel(t.Context())
	done, m = modify(ctx)
	cancel()
	if r := <-done; !errors.Is(r.err, context.Canceled) {
		t.Errorf("canceled: %v", r.err)
	}
	d.pending(m)
	complete(m, cmdpb.Status_SUCCESS, &cmdpb.CallParameters{Contract: cbr(5, 6)})
	// Changes by the other side, of VCs that are not there and of one that is.
	for _, h := range []uint64{0, 99, 1} {
		for _, p := range []*cmdpb.CallParameters{nil, {Contract: cbr(8, 9)}} {
			d.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_IncomingCallQosChange{
				IncomingCallQosChange: &cmdpb.IncomingCallQoSChange{Vc: h, Parameters: p},
			}})
		}
	}
	<-v.Changes()
	if got := v.Parameters().GetContract().GetForward().GetPcr(); got != 8 {
		t.Errorf("%d cells/s", got)
	}
	d.alive(c)
	done, m = modify(t.Context())
	d.pending(m)
	_ = d.sock.Close()
	if r := <-done; !errors.Is(r.err, client.ErrDisconnected) {
		t.Errorf("the daemon gone: %v", r.err)
	}
	_ = v.Close()
}

// TestModifyOther: an administrator changes a call of another client, which is told, and what is refused is
// neither in force nor told.
func TestModifyOther(t *testing.T) {
	needAdmin(t)
	l := startLab(t)
	alice, bob, operator := l.alice.dial(t), l.bob.dial(t), l.alice.dial(t)
	c := connect(t, alice, bob, "bob", &client.CallOptions{Contract: cbr(1000, 2000)})
	h := c.calling.Handle()
	p, err := operator.ModifyOther(t.Context(), h, client.ModifyOptions{Contract: cbr(3000, 4000)})
	if err != nil || p.GetContract().GetForward().GetPcr() != 3000 {
		t.Fatalf("%v, %v", p, err)
	}
	<-c.calling.Changes()
	<-c.called.Changes()
	c.wantRates(t, 3000, 4000)
	if !c.calling.Parameters().GetChanged() {
		t.Error("the owner is not told that its parameters are others (CALL_PARAMETERS_CHANGED)")
	}
	for name, row := range map[string]struct {
		h     uint64
		o     client.ModifyOptions
		want  cmdpb.Status
		cause uint8
	}{
		"more than the link has": {h, client.ModifyOptions{Contract: cbr(16000000, 1)}, cmdpb.Status_CELLRATE_NOT_AVAILABLE, 37},
		"no VC":                  {1, client.ModifyOptions{Contract: cbr(1, 1)}, cmdpb.Status_FAILURE, 0},
		"no contract":            {h, client.ModifyOptions{Contract: &cmdpb.Contract{Forward: &cmdpb.Flow{Mbs: 5}}}, cmdpb.Status_INVALID_DATA, 0},
		"a bad minimum": {
			h, client.ModifyOptions{Contract: cbr(5, 5), Minimum: &cmdpb.PeakRates{Forward: 1 << 24}}, cmdpb.Status_INVALID_DATA, 0,
		},
	} {
		_, err := operator.ModifyOther(t.Context(), row.h, row.o)
		if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != row.want || e.Cause.Value != row.cause || e.Op != "AdminModify" {
			t.Errorf("%s: %v, want %s and cause %d", name, err, row.want, row.cause)
		}
	}
	if _, err := l.bob.dial(t).ModifyOther(t.Context(), c.called.Handle(), client.ModifyOptions{Contract: cbr(1, 1)}); !isStatus(err, cmdpb.Status_NOT_SUPPORTED) {
		t.Errorf("by the called side: %v", err)
	}
	select {
	case <-c.calling.Changes():
		t.Error("the owner is told of a change that was refused")
	default:
	}
	c.wantRates(t, 3000, 4000)
	for _, v := range []*client.VC{c.calling, c.called} {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
	l.awaitEmpty(t)
}

// TestNegotiation: a call whose caller accepts less gets what there is, or what the
// called client takes, and so does a modification; the caller is told.
func TestNegotiation(t *testing.T) {
	l := startLab(t)
	alice, bob := l.alice.dial(t), l.bob.dial(t)
	listener, err := bob.Listen(t.Context(), client.SAP{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	const most = 16000000 // more than the link has
	qos := &cmdpb.QoS{MaxDelayMs: 50, Forward: &cmdpb.QoSFlow{MaxCdvUs: 1000, MaxClr: 7}}
	for name, row := range map[string]struct {
		o        client.CallOptions
		answer   *cmdpb.Contract
		low, top uint32 // bounds of the forward rate
		changed  bool
		bad      bool // the answer
	}{
		"room":                 {o: client.CallOptions{Contract: cbr(100, 100), Minimum: &cmdpb.PeakRates{Forward: 1}}, low: 100, top: 100},
		"minimum":              {o: client.CallOptions{Contract: cbr(most, 100), Minimum: &cmdpb.PeakRates{Forward: 1000}}, low: 1000, top: most - 1, changed: true},
		"alternative":          {o: client.CallOptions{Contract: cbr(most, 100), Alternative: cbr(300, 100)}, low: 300, top: 300, changed: true},
		"taken by the client":  {o: client.CallOptions{Contract: cbr(100, 100), Minimum: &cmdpb.PeakRates{Forward: 9}}, answer: cbr(10, 0), low: 10, top: 10, changed: true},
		"chosen by the client": {o: client.CallOptions{Contract: cbr(100, 100), Alternative: cbr(30, 40)}, answer: cbr(30, 40), low: 30, top: 30, changed: true},
		"too little":           {o: client.CallOptions{Contract: cbr(100, 100), Minimum: &cmdpb.PeakRates{Forward: 9}}, answer: cbr(8, 0), bad: true},
		"quality":              {o: client.CallOptions{Contract: cbr(100, 100), QoS: qos}, low: 100, top: 100},
	} {
		called := later(func() (*client.VC, error) {
			o, err := listener.Accept(t.Context())
			if err != nil {
				return nil, err
			}
			if low := o.Parameters().GetMinimum(); (low != nil) != (row.o.Minimum != nil) && row.o.Contract.GetForward().GetPcr() != most {
				t.Errorf("%s: the offer shows the minimum %v", name, low)
			}
			return o.AcceptWith(t.Context(), row.answer)
		})
		v, err := alice.Call(t.Context(), "bob", &row.o)
		r := <-called
		if row.bad {
			if err == nil || !isStatus(r.err, cmdpb.Status_INVALID_DATA) {
				t.Errorf("%s: %v and %v", name, err, r.err)
			}
			continue
		}
		if err != nil || r.err != nil {
			t.Fatalf("%s: %v and %v", name, err, r.err)
		}
		p := v.Parameters()
		got := p.GetContract().GetForward().GetPcr()
		if got < row.low || got > row.top || p.GetChanged() != row.changed || p.GetMinimum() != nil || p.GetAlternative() != nil {
			t.Errorf("%s: in force is %v", name, p)
		}
		if there := r.value.Parameters().GetContract().GetForward().GetPcr(); there != got {
			t.Errorf("%s: the called side has %d cells/s, the caller %d", name, there, got)
		}
		if row.o.QoS != nil && (p.GetQos().GetMaxDelayMs() != 50 || p.GetQos().GetForward().GetMaxClr() != 7) {
			t.Errorf("%s: the quality of service is %v", name, p.GetQos())
		}
		if err := v.ModifyWith(t.Context(), client.ModifyOptions{
			Contract: &cmdpb.Contract{Forward: &cmdpb.Flow{Pcr: most}}, Minimum: &cmdpb.PeakRates{Forward: 2000},
		}); err != nil {
			t.Errorf("%s: modify: %v", name, err)
		}
		<-r.value.Changes()
		p = v.Parameters()
		if got := p.GetContract().GetForward().GetPcr(); got < 2000 || got >= most || !p.GetChanged() ||
			got != r.value.Parameters().GetContract().GetForward().GetPcr() {
			t.Errorf("%s: modified to %v", name, p)
		}
		if err := errors.Join(v.Close(), r.value.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, o := range map[string]client.CallOptions{
		"both":                 {Contract: cbr(100, 100), Minimum: &cmdpb.PeakRates{Forward: 1}, Alternative: cbr(1, 1)},
		"minimum above":        {Contract: cbr(100, 100), Minimum: &cmdpb.PeakRates{Forward: 101}},
		"another category":     {Contract: cbr(100, 100), Alternative: &cmdpb.Contract{Category: cmdpb.Category_UBR, Forward: &cmdpb.Flow{Pcr: 1}, Backward: &cmdpb.Flow{Pcr: 1}}},
		"a loss that is none":  {Contract: cbr(100, 100), QoS: &cmdpb.QoS{Backward: &cmdpb.QoSFlow{MaxClr: 16}}},
		"a delay out of range": {Contract: cbr(100, 100), QoS: &cmdpb.QoS{MaxDelayMs: 1 << 16}},
	} {
		if _, err := alice.Call(t.Context(), "bob", &o); !isStatus(err, cmdpb.Status_INVALID_DATA) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
	l.awaitEmpty(t)
}
