package e2e_test

import (
	"errors"
	"fmt"
	"testing"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/lab"
)

// constant is a CBR contract with the same rate both ways.
func constant(pcr uint32) *cmdpb.Contract {
	return &cmdpb.Contract{Category: cmdpb.Category_CBR, Forward: &cmdpb.Flow{Pcr: pcr}, Backward: &cmdpb.Flow{Pcr: pcr}}
}

// calls returns the calls of a host's daemon.
func calls(tb testing.TB, h *lab.Host) []*cmdpb.Call {
	tb.Helper()
	c := dial(tb, h)
	defer func() { _ = c.Close() }()
	rows, err := c.Calls(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return rows
}

// TestModify: either side of the link modifies a call that it has made, up and down, while SDUs flow both
// ways and none is lost; clients, daemons and the other host know the new rates. What the link has no room
// for, what the called side asks for and a call that has ended are refused, and the old rates stay.
func TestModify(t *testing.T) {
	t.Parallel()
	alice, bob := pair(t, lab.Config{})
	trace := record(t, alice)
	for _, ends := range [][2]*lab.Host{{alice, bob}, {bob, alice}} {
		f := flow(t, ends[0], ends[1])
		for i, pcr := range []uint32{20000, 9000, 1000000, 15000} {
			if err := f.calling.Modify(t.Context(), constant(pcr)); err != nil {
				t.Fatalf("change %d: %v", i, err)
			}
			<-f.called.Changes()
			wantRate(t, pcr, f.calling, f.called)
			eventually(t, "both daemons have reserved the same", func() error {
				at, there := calls(t, alice), calls(t, bob)
				if len(at) != 1 || len(there) != 1 || at[0].GetReserved() == 0 || at[0].GetReserved() != there[0].GetReserved() ||
					at[0].GetContract().GetForward().GetPcr() != pcr || there[0].GetContract().GetForward().GetPcr() != pcr {
					return fmt.Errorf("calls %v and %v", at, there)
				}
				return nil
			})
		}
		for name, row := range map[string]struct {
			vc   *client.VC
			pcr  uint32
			want cmdpb.Status
		}{
			"no room":            {f.calling, 16777215, cmdpb.Status_CELLRATE_NOT_AVAILABLE},
			"by the called side": {f.called, 10, cmdpb.Status_NOT_SUPPORTED},
		} {
			if err := row.vc.Modify(t.Context(), constant(row.pcr)); !errors.Is(err, &client.Error{Status: row.want}) {
				t.Errorf("%s: %v, want %s", name, err, row.want)
			}
		}
		wantRate(t, 15000, f.calling, f.called)
		vc := f.calling
		f.end()
		if err := vc.Modify(t.Context(), constant(1)); err == nil {
			t.Error("a call that has ended was modified")
		}
		awaitEmpty(t, alice, bob)
	}
	for _, message := range []string{"MODIFY REQUEST", "MODIFY ACKNOWLEDGE", "CONNECTION AVAILABLE"} {
		trace.await(t, message)
	}
}

// TestModifyByOperator: `cmctl modify` changes a call of another client while SDUs flow both ways and none is lost. The
// owner, both daemons and the other host know the new rates; what cannot be is refused in words with its cause.
func TestModifyByOperator(t *testing.T) {
	t.Parallel()
	l := prepare(t, lab.Config{})
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	configure(t, alice, "capacity = \"200Mbit/s\"\n")
	configure(t, bob, "capacity = \"100Mbit/s\"\n")
	start(t, alice)
	start(t, bob)
	awaitLinks(t, l)
	f := flow(t, alice, bob)
	at, there := fmt.Sprintf("%#x", f.calling.Handle()), fmt.Sprintf("%#x", f.called.Handle())
	for _, pcr := range []uint32{20000, 5000, 40000} {
		rate := fmt.Sprintf("%dbit/s", pcr*384)
		row := decode[map[string]any](t, output(t, alice, "modify", "--json", at, "--pcr", rate))
		if row["modified"] != true || row["changed"] != false || row["vc"] != at {
			t.Errorf("%v", row)
		}
		<-f.calling.Changes()
		<-f.called.Changes()
		wantRate(t, pcr, f.calling, f.called)
		if !f.calling.Parameters().GetChanged() {
			t.Error("the owner's parameters are not marked as changed")
		}
	}
	for name, row := range map[string]struct {
		host *lab.Host
		args []string
		code int
		text []string
	}{
		"no room":        {alice, []string{at, "--pcr", "201Mbit/s"}, 1, []string{"modify " + at + ": user cell rate not available (cause 37)"}},
		"the peer's no":  {alice, []string{at, "--pcr", "101Mbit/s"}, 1, []string{"user cell rate not available (cause 37): refused by the peer"}},
		"the called end": {bob, []string{there, "--pcr", "1Mbit/s"}, 1, []string{"facility rejected (cause 29): the other side made the call"}},
		"nobody's":       {alice, []string{"0x123400000001", "--pcr", "1Mbit/s"}, 1, []string{"there is no VC 0x123400000001"}},
		"nothing":        {alice, []string{at}, 2, []string{"nothing to change"}},
	} {
		t.Run(name, func(t *testing.T) {
			cmctl(t, row.host, nil, append([]string{"modify"}, row.args...)...).want(row.code, row.text...)
		})
	}
	wantRate(t, 40000, f.calling, f.called)
	f.end()
	awaitEmpty(t, alice, bob)
}

// TestModifyProfile: a link of UNI 3.1 has no modification, and `cmctl modify` says so.
func TestModifyProfile(t *testing.T) {
	t.Parallel()
	l := prepare(t, lab.Config{Capacity: "100Mbit/s"})
	alice, bob := l.Hosts()[0], l.Hosts()[1]
	for _, h := range []*lab.Host{alice, bob} {
		configure(t, h, "profile = \"uni3.1\"\n")
		start(t, h)
	}
	awaitLinks(t, l)
	f := flow(t, alice, bob)
	at := fmt.Sprintf("%#x", f.calling.Handle())
	cmctl(t, alice, nil, "modify", at, "--pcr", "1Mbit/s").want(1, "requested facility not implemented (cause 69)", "uni3.1 has no modification of calls")
	f.end()
	awaitEmpty(t, alice, bob)
}

// wantRate checks the rate that both ends of a call have.
func wantRate(t *testing.T, pcr uint32, vcs ...*client.VC) {
	t.Helper()
	for _, v := range vcs {
		c := v.Parameters().GetContract()
		if c.GetForward().GetPcr() != pcr || c.GetBackward().GetPcr() != pcr || v.MaxSend() == 0 {
			t.Errorf("VC %#x has %v, want %d cells/s", v.Handle(), c, pcr)
		}
	}
}
