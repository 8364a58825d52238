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
