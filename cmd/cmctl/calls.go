package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/vc"
)

// callRow is a call on a link for JSON.
type callRow struct {
	Link          string      `json:"link"`
	CallReference uint32      `json:"call_reference"`
	Ours          bool        `json:"ours"` // this side allocated the call reference
	State         string      `json:"state"`
	VC            string      `json:"vc"`
	VPI           uint32      `json:"vpi"`
	VCI           uint32      `json:"vci"`
	Called        string      `json:"called"`
	Calling       string      `json:"calling"`
	Contract      contractRow `json:"contract"`
	Reserved      uint64      `json:"reserved"` // wire bit/s
	AgeMS         uint64      `json:"age_ms"`
}

// callsCommand lists the calls.
func callsCommand(a *app) *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "calls",
		Short: "List the calls: call reference, Q.2931 state, addresses and reservation",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.query(cmd, a.calls)
		},
	})
}

// calls asks and prints.
func (a *app) calls(ctx context.Context, c *client.Conn) error {
	list, err := c.Calls(ctx)
	if err != nil {
		return err
	}
	rows := make([]callRow, len(list))
	for i, k := range list {
		rows[i] = newCallRow(k)
	}
	return printRows(a, rows,
		[]string{"LINK", "CREF", "STATE", "VPI/VCI", "CALLING", "CALLED", "CONTRACT", "RESERVED", "AGE", "VC"},
		func(r callRow) []string {
			cref := fmt.Sprintf("%d/theirs", r.CallReference)
			if r.Ours {
				cref = fmt.Sprintf("%d/ours", r.CallReference)
			}
			at := ""
			if r.VCI != 0 {
				at = channel(r.Link, r.VPI, r.VCI)
			}
			return []string{
				r.Link, cref, r.State, at, r.Calling, r.Called, r.Contract.Category, vc.BitRate(r.Reserved).String(),
				(time.Duration(r.AgeMS) * time.Millisecond).Round(time.Second).String(), r.VC,
			}
		})
}

// newCallRow converts a call.
func newCallRow(k *cmdpb.Call) callRow {
	return callRow{
		Link: k.GetLink(), CallReference: k.GetCallReference(), Ours: k.GetOurs(), State: k.GetState(), VC: handle(k.GetVc()),
		VPI: k.GetVpi(), VCI: k.GetVci(), Called: k.GetCalled(), Calling: k.GetCalling(),
		Contract: newContractRow(k.GetContract()), Reserved: k.GetReserved(), AgeMS: k.GetAgeMs(),
	}
}
