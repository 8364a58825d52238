package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"callmanager/api/cmdpb"
	"callmanager/client"
	"callmanager/cmd/cmctl/table"
)

// addressRow is an address of the daemon for JSON.
type addressRow struct {
	Address string   `json:"address"`
	Links   []string `json:"links"` // empty: an alias
}

// addressCommand groups the verbs of the daemon's own addresses.
func addressCommand(a *app) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "address",
		Short: "The daemon's own addresses: list, add and delete aliases",
		Long: `Calls to an alias are offered to SAPs as those to the address of a link are, and calls may come
from it. It is gone with the daemon. Nobody is told of it: the peers need a prefix that leads here.`,
	})
	cmd.AddCommand(
		a.jsonFlag(&cobra.Command{
			Use: "list", Short: "List the addresses and the links that have them", Args: args(cobra.NoArgs),
			RunE: func(cmd *cobra.Command, _ []string) error { return a.query(cmd, a.addresses) },
		}),
		a.addressVerb("add ADDRESS", "Add an alias until the daemon ends (root or group cmd-admin)", (*client.Conn).AddAddress),
		a.addressVerb("delete ADDRESS", "Delete an alias for which no SAP is registered (root or group cmd-admin)", (*client.Conn).DeleteAddress),
	)
	return cmd
}

// addressVerb does something with one address.
func (a *app) addressVerb(use, short string, do func(*client.Conn, context.Context, string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args(cobra.ExactArgs(1)), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, argv []string) error {
			return a.query(cmd, func(ctx context.Context, c *client.Conn) error { return do(c, ctx, argv[0]) })
		},
	}
}

// addresses asks and prints.
func (a *app) addresses(ctx context.Context, c *client.Conn) error {
	own, err := c.OwnAddresses(ctx)
	if err != nil {
		return err
	}
	rows := make([]addressRow, len(own))
	for i, o := range own {
		rows[i] = addressRow{Address: o.GetAddress(), Links: append([]string{}, o.GetLinks()...)}
	}
	return printRows(a, rows, []string{"ADDRESS", "LINKS"}, func(r addressRow) []string {
		if len(r.Links) == 0 {
			return []string{r.Address, "(alias)"}
		}
		return []string{r.Address, strings.Join(r.Links, " ")}
	})
}

// watchCommand prints what the daemon tells of its links and addresses.
func watchCommand(a *app) *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "watch",
		Short: "Print when links take calls or do not, are reset, and when addresses change",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = c.Close() }()
			return a.watch(cmd.Context(), c)
		},
	})
}

// watch prints until it is told to stop, which is no failure, or the daemon has gone.
func (a *app) watch(ctx context.Context, c *client.Conn) error {
	for ctx.Err() == nil {
		s, err := c.NextStatus(ctx)
		if err == nil {
			err = a.tell(s)
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// tell prints one indication.
func (a *app) tell(s *cmdpb.StatusIndication) error {
	if a.json {
		return a.printJSON(map[string]any{
			"kind": s.GetKind().String(), "link": s.GetLink(), "up": s.GetUp(), "resetting": s.GetResetting(), "detail": s.GetDetail(),
			"addresses": append([]string{}, s.GetAddresses()...), "coalesced": s.GetCoalesced(),
		})
	}
	words := append([]string{s.GetKind().String(), s.GetLink(), s.GetDetail()}, s.GetAddresses()...)
	_, err := fmt.Fprintln(a.out, table.Printable(strings.Join(strings.Fields(strings.Join(words, " ")), " ")))
	return err
}
