package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"callmanager/client"
	"callmanager/cmd/cmctl/table"
)

// statusRow is the daemon's state for JSON.
type statusRow struct {
	Version   string            `json:"version"`
	PID       uint32            `json:"pid"`
	UptimeMS  uint64            `json:"uptime_ms"`
	Links     uint32            `json:"links"`
	LinksUp   uint32            `json:"links_up"`
	Clients   uint32            `json:"clients"`
	SAPs      uint32            `json:"saps"`
	VCs       uint32            `json:"vcs"`
	Calls     uint32            `json:"calls"`
	Addresses []string          `json:"addresses"`
	Health    []healthRow       `json:"health"`
	Counters  map[string]uint64 `json:"counters"`
}

// healthRow is a condition that lasts.
type healthRow struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Text     string `json:"text"`
}

// statusCommand shows the daemon as a whole.
func statusCommand(a *app) *cobra.Command {
	return a.jsonFlag(&cobra.Command{
		Use:   "status",
		Short: "Show the daemon: version, addresses, health and totals",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.query(cmd, a.status)
		},
	})
}

// status asks and prints.
func (a *app) status(ctx context.Context, c *client.Conn) error {
	s, err := c.Status(ctx)
	if err != nil {
		return err
	}
	r := statusRow{
		Version: s.GetVersion(), PID: s.GetPid(), UptimeMS: s.GetUptimeMs(), Links: s.GetLinks(), LinksUp: s.GetLinksUp(),
		Clients: s.GetClients(), SAPs: s.GetSaps(), VCs: s.GetVcs(), Calls: s.GetCalls(),
		Addresses: append([]string{}, s.GetAddresses()...), Health: []healthRow{}, Counters: counters(s.GetCounters()),
	}
	for _, h := range s.GetHealth() {
		r.Health = append(r.Health, healthRow{Code: h.GetCode(), Severity: h.GetSeverity(), Text: h.GetText()})
	}
	if a.json {
		return a.printJSON([]statusRow{r}) // as the lists are
	}
	t := table.New(a.out, "cmd-daemon "+r.Version, fmt.Sprintf("pid %d, up %s", r.PID,
		(time.Duration(r.UptimeMS)*time.Millisecond).Round(time.Second)))
	t.Row("links", fmt.Sprintf("%d of %d up", r.LinksUp, r.Links))
	t.Row("clients", fmt.Sprintf("%d with %d SAPs", r.Clients, r.SAPs))
	t.Row("calls", fmt.Sprintf("%d on %d VCs", r.Calls, r.VCs))
	for _, addr := range r.Addresses {
		t.Row("address", addr)
	}
	for _, h := range r.Health {
		t.Row(h.Severity, h.Code+": "+h.Text)
	}
	return t.Flush()
}
