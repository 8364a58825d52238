package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"callmanager/client"
)

// sapRow is a SAP for JSON.
type sapRow struct {
	Handle   string `json:"handle"`
	Address  string `json:"address"` // empty: any of the daemon's own
	Selector string `json:"selector"`
	BHLI     string `json:"bhli"` // empty: any; "absent": calls without one
	BLLI     string `json:"blli"` // the same; several with commas between
	Owner    string `json:"owner"`
	PID      uint32 `json:"pid"`
	Offered  uint64 `json:"offered"`
}

// elementText says which contents of an element a SAP takes; empty for any.
func elementText(absent bool, values ...[]byte) string {
	if absent {
		return "absent"
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = hex.EncodeToString(v)
	}
	return strings.Join(texts, ",")
}

// sapsCommand lists the SAPs.
func sapsCommand(a *app) *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "saps",
		Short: "List the SAPs: who takes which incoming calls",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.query(cmd, a.saps)
		},
	})
}

// saps asks and prints.
func (a *app) saps(ctx context.Context, c *client.Conn) error {
	list, err := c.SAPs(ctx)
	if err != nil {
		return err
	}
	rows := make([]sapRow, len(list))
	for i, s := range list {
		rows[i] = sapRow{
			Handle: handle(s.GetHandle()), Address: s.GetAddress(), Selector: s.GetSelector(), Owner: s.GetOwner(),
			PID: s.GetPid(), Offered: s.GetOffered(), BHLI: elementText(s.GetBhliAbsent(), s.GetBhli()),
			BLLI: elementText(s.GetBlliAbsent(), s.GetBlli()...),
		}
	}
	return printRows(a, rows, []string{"HANDLE", "ADDRESS", "SELECTOR", "OFFERED", "OWNER"}, func(r sapRow) []string {
		address := r.Address
		if address == "" {
			address = "any"
		}
		return []string{r.Handle, address, r.Selector, fmt.Sprint(r.Offered), fmt.Sprintf("%s (%d)", r.Owner, r.PID)}
	})
}
