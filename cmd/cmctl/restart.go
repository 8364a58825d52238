package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"callmanager/client"
	"callmanager/cmd/cmctl/table"
	"callmanager/vc"
)

// restartRow is the outcome of a restart for JSON.
type restartRow struct {
	Acknowledged bool      `json:"acknowledged"`
	Detail       string    `json:"detail"` // why not
	Cause        uint8     `json:"cause"`
	Cleared      int       `json:"cleared"`
	Calls        []callRow `json:"calls"` // the first 200
}

// restartCommand restarts a link or a part of it.
func restartCommand(a *app) *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "restart LINK [VPI[/VCI]]",
		Short: "Clear all calls of a link, a path or a channel at both ends (root or group cmd-admin)",
		Args:  args(cobra.RangeArgs(1, 2)),
		ValidArgsFunction: func(cmd *cobra.Command, argv []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(argv) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.complete(cmd, a.linkNames)
		},
		RunE: func(cmd *cobra.Command, argv []string) error {
			t := client.RestartTarget{Link: argv[0]}
			if len(argv) == 2 {
				if err := parseChannel(argv[1], &t); err != nil {
					return fmt.Errorf("%w: %w", err, errUsage)
				}
			}
			c, err := a.dial(cmd.Context())
			if err != nil {
				return err
			}
			defer func() { _ = c.Close() }()
			return a.restart(cmd.Context(), c, t)
		},
	})
}

// parseChannel reads VPI or VPI/VCI.
func parseChannel(s string, t *client.RestartTarget) error {
	p, q, one := strings.Cut(s, "/")
	vpi, err := strconv.ParseUint(p, 10, 8)
	if err != nil || vpi > uint64(vc.MaxVPI) {
		return fmt.Errorf("%q is no VPI: want 0 to %d", p, vc.MaxVPI)
	}
	v := uint8(vpi)
	t.VPI = &v
	if !one {
		return nil
	}
	vci, err := strconv.ParseUint(q, 10, 16)
	if err != nil || vci < uint64(vc.MinCallVCI) {
		return fmt.Errorf("%q is no VCI of a call: want %d to 65535", q, vc.MinCallVCI)
	}
	c := uint16(vci)
	t.VCI = &c
	return nil
}

// restart asks, waits and prints. What was cleared is printed also when the peer has not acknowledged.
func (a *app) restart(ctx context.Context, c *client.Conn, t client.RestartTarget) error {
	stop := a.slow("waiting for RESTART ACKNOWLEDGE of link " + t.Link)
	r, err := c.Restart(ctx, t)
	stop()
	e, failed := errors.AsType[*client.Error](err)
	if err != nil && (!failed || e.Cause.Value == 0) {
		return err // it was not begun
	}
	row := restartRow{Acknowledged: err == nil, Cleared: r.Cleared, Calls: []callRow{}}
	for _, k := range r.Calls {
		row.Calls = append(row.Calls, newCallRow(k))
	}
	if failed {
		row.Detail, row.Cause = e.Detail, e.Cause.Value
	}
	if a.json {
		return errors.Join(a.printJSON(row), err)
	}
	return errors.Join(a.printRestart(row), err)
}

// printRestart prints for people: a line, and a line for each call.
func (a *app) printRestart(r restartRow) error {
	said := "acknowledged by the peer"
	if !r.Acknowledged {
		said = "not acknowledged by the peer"
	}
	_, err := fmt.Fprintf(a.out, "%s; calls cleared: %d\n", said, r.Cleared)
	if err != nil || r.Cleared == 0 {
		return err
	}
	t := table.New(a.out, "VPI/VCI", "CREF", "STATE", "CALLING", "CALLED", "VC")
	for _, k := range r.Calls {
		t.Row(channel(k.Link, k.VPI, k.VCI), strconv.FormatUint(uint64(k.CallReference), 10), k.State, k.Calling, k.Called, k.VC)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if more := r.Cleared - len(r.Calls); more > 0 {
		_, err = fmt.Fprintf(a.out, "and %d more\n", more)
	}
	return err
}
