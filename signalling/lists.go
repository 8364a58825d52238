package signalling

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"callmanager/signalling/cm"
	"callmanager/signalling/quota"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// maxPage bounds the rows of one page, whatever is asked for.
const maxPage = 1000

// pageSize returns how many rows to give for a limit.
func pageSize(limit int) int {
	if limit <= 0 || limit > maxPage {
		return maxPage
	}
	return limit
}

// query runs f on the goroutine that ask asks and returns its result.
func query[T any](ctx context.Context, m *Manager, ask func(func()) bool, f func() T) (T, error) {
	answer := make(chan T, 1)
	var none T
	if !ask(func() { answer <- f() }) {
		return none, net.ErrClosed
	}
	select {
	case v := <-answer:
		return v, nil
	case <-ctx.Done():
		return none, ctx.Err()
	case <-m.done:
		return none, net.ErrClosed
	}
}

// linkRows asks every link for its row.
func (m *Manager) linkRows(ctx context.Context) ([]LinkRow, error) {
	var rows []LinkRow
	for _, l := range m.links {
		r, err := query(ctx, m, l.ask, l.row)
		if err != nil {
			return nil, fmt.Errorf("signalling: link %s: %w", l.cfg.Name, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// Status returns the state of the whole. Status and the lists fail when ctx is
// done first, or with [net.ErrClosed] after Close.
func (m *Manager) Status(ctx context.Context) (DaemonStatus, error) {
	links, err := m.linkRows(ctx)
	if err != nil {
		return DaemonStatus{}, err
	}
	s, err := query(ctx, m, m.ask, m.status)
	if err != nil {
		return DaemonStatus{}, fmt.Errorf("signalling: status: %w", err)
	}
	s.Links = len(links)
	for _, l := range links {
		if l.State == uni.LinkUp.String() {
			s.LinksUp++
			continue
		}
		s.Health = append(s.Health, linkHealth(&l))
	}
	return s, nil
}

// linkHealth is the health item of a link that is not up.
func linkHealth(l *LinkRow) Health {
	h := Health{Code: "link_" + l.State, Severity: "error", Text: "link " + l.Name + " is " + l.State}
	if l.LastError != "" {
		h.Text += ": " + l.LastError
	}
	if l.State == uni.LinkEstablishing.String() {
		h.Severity = "warning"
	}
	return h
}

// status is the manager goroutine's part of Status.
func (m *Manager) status() DaemonStatus {
	n, st := m.machine.Counts(), m.machine.Stats()
	s := DaemonStatus{
		Version: m.cfg.Version, Uptime: now().Sub(m.started),
		Clients: n.Clients, SAPs: n.SAPs, VCs: n.VCs, Calls: n.Calls, Addresses: m.machine.Addresses(),
		Counters: []vc.Counter{
			{Name: "calls_made", Value: st.CallsMade},
			{Name: "calls_offered", Value: st.CallsOffered},
			{Name: "calls_connected", Value: st.CallsConnected},
			{Name: "pvcs", Value: uint64(n.PVCs)},
			{Name: "pvcs_opened", Value: st.PVCsOpened},
			{Name: "offers_refused", Value: st.OffersRefused},
			{Name: "requests_refused", Value: st.RequestsRefused},
			{Name: "ring_violations", Value: st.Violations},
			{Name: "model_faults", Value: st.Faults},
			{Name: "ring_octets", Value: uint64(n.RingBytes)},
			{Name: "parties", Value: uint64(n.Parties)},
			{Name: "handles", Value: uint64(n.Handles)},
		},
	}
	s.Counters = append(s.Counters, st.Limited.Counters(quota.VCs, quota.Backlog)...)
	s.Health = append(s.Health, m.pvcHealth()...)
	if st.Faults > 0 {
		s.Health = append(s.Health, Health{
			Code: "model_fault", Severity: "error", Text: fmt.Sprintf("the client model met %d events that cannot be: see the log", st.Faults),
		})
	}
	return s
}

// Links returns the links in the order of their identifiers, after the one
// that the page token names and at most limit, and the token of the next page,
// empty at the end. An empty token begins. The other lists do the same.
func (m *Manager) Links(ctx context.Context, after string, limit int) (rows []LinkRow, next string, err error) {
	from, err := parseKey(after, 1)
	if err != nil {
		return nil, "", err
	}
	limit = pageSize(limit)
	for _, l := range m.links {
		if uint64(l.cfg.ID) <= from[0] {
			continue
		}
		if len(rows) == limit {
			return rows, next, nil
		}
		r, err := query(ctx, m, l.ask, l.row)
		if err != nil {
			return nil, "", fmt.Errorf("signalling: link %s: %w", l.cfg.Name, err)
		}
		rows, next = append(rows, r), key(uint64(l.cfg.ID))
	}
	return rows, "", nil
}

// VCs returns the VCs in the order of their handles.
func (m *Manager) VCs(ctx context.Context, after string, limit int) (rows []VCRow, next string, err error) {
	return handlePage(ctx, m, after, func(from vc.Handle) ([]VCRow, vc.Handle) {
		page, more := m.machine.VCs(from, pageSize(limit))
		rows := make([]VCRow, len(page))
		for i := range page {
			rows[i] = m.vcRow(&page[i])
		}
		if !more {
			return rows, 0
		}
		return rows, page[len(page)-1].Handle
	})
}

func (m *Manager) vcRow(r *cm.VCRow) VCRow {
	row := VCRow{
		Handle: r.Handle, Link: r.Link, ID: r.ID, State: r.State, CallState: r.CallState, Owner: r.Owner,
		PID: r.Cred.PID, UID: r.Cred.UID, Incoming: r.Incoming, Parameters: r.Parameters, Changed: r.Changed,
	}
	if t, ok := m.plane.Traffic(r.Handle); ok {
		row.Counters = trafficCounters(&t)
	}
	for _, b := range r.Branches {
		branch := BranchRow{BranchRow: b}
		if n, ok := m.plane.Copies(b.ID); ok {
			branch.Counters = copyCounters(&n)
		}
		row.Branches = append(row.Branches, branch)
	}
	return row
}

// copyCounters names the counters of a branch.
func copyCounters(n *vc.Copies) []vc.Counter {
	return []vc.Counter{
		{Name: "tx_offered", Value: n.Offered},
		{Name: "tx_sdus", Value: n.TxSDUs},
		{Name: "tx_octets", Value: n.TxOctets},
		{Name: "tx_dropped", Value: n.TxDropped},
	}
}

// trafficCounters names the counters of a VC.
func trafficCounters(t *vc.Traffic) []vc.Counter {
	return []vc.Counter{
		{Name: "tx_sdus", Value: t.TxSDUs},
		{Name: "tx_octets", Value: t.TxOctets},
		{Name: "tx_dropped", Value: t.TxDropped},
		{Name: "rx_sdus", Value: t.RxSDUs},
		{Name: "rx_octets", Value: t.RxOctets},
		{Name: "rx_no_room", Value: t.RxNoRoom},
		{Name: "rx_late", Value: t.RxLate},
		{Name: "rx_lost", Value: t.RxLost},
		{Name: "rx_oversize", Value: t.RxOversize},
		{Name: "rx_bad", Value: t.RxBad},
		{Name: "rx_policed", Value: t.RxPoliced},
		{Name: "rx_tagged", Value: t.RxTagged},
	}
}

// SAPs returns the SAPs in the order of their handles.
func (m *Manager) SAPs(ctx context.Context, after string, limit int) (rows []SAPRow, next string, err error) {
	return handlePage(ctx, m, after, func(from vc.Handle) ([]SAPRow, vc.Handle) {
		page, more := m.machine.SAPs(from, pageSize(limit))
		rows := make([]SAPRow, len(page))
		for i, r := range page {
			rows[i] = SAPRow{
				Handle: r.Handle, Filter: r.Filter, Owner: r.Owner, PID: r.Cred.PID, Offered: r.Offered,
			}
		}
		if !more {
			return rows, 0
		}
		return rows, page[len(page)-1].Handle
	})
}

// handlePage asks the manager's goroutine for one page of a list by handle, or by
// another number. list returns the last key of a page that is not the last one.
func handlePage[R any, K ~uint64](ctx context.Context, m *Manager, after string, list func(K) ([]R, K)) ([]R, string, error) {
	from, err := parseKey(after, 1)
	if err != nil {
		return nil, "", err
	}
	type result struct {
		rows []R
		last K
	}
	r, err := query(ctx, m, m.ask, func() (r result) {
		r.rows, r.last = list(K(from[0]))
		return r
	})
	if err != nil {
		return nil, "", fmt.Errorf("signalling: list: %w", err)
	}
	if r.last == 0 {
		return r.rows, "", nil
	}
	return r.rows, key(uint64(r.last)), nil
}

// Calls returns the calls by link and call reference, those of the peer's
// allocation before ours.
func (m *Manager) Calls(ctx context.Context, after string, limit int) (rows []CallRow, next string, err error) {
	from, err := parseKey(after, 3)
	if err != nil {
		return nil, "", err
	}
	limit = pageSize(limit)
	for _, l := range m.links {
		if uint64(l.cfg.ID) < from[0] {
			continue
		}
		page, err := query(ctx, m, l.ask, l.callRows)
		if err != nil {
			return nil, "", fmt.Errorf("signalling: link %s: %w", l.cfg.Name, err)
		}
		for _, r := range page {
			if slices.Compare(callKey(l, &r), from) <= 0 {
				continue
			}
			if len(rows) == limit {
				return rows, next, nil
			}
			rows, next = append(rows, r), key(callKey(l, &r)...)
		}
	}
	return rows, "", nil
}

// callKey orders calls.
func callKey(l *link, r *CallRow) []uint64 {
	ours := uint64(0)
	if r.Ours {
		ours = 1
	}
	return []uint64{uint64(l.cfg.ID), uint64(r.CallReference), ours}
}

// callRows are the calls of one link by call reference.
func (l *link) callRows() []CallRow {
	at := now()
	var rows []CallRow
	for _, c := range l.uni.Calls() {
		r := l.callRow(&c)
		if born, ok := l.log.born(c.Call); ok {
			r.Age = at.Sub(born)
		}
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b CallRow) int { return slices.Compare(callKey(l, &a), callKey(l, &b)) })
	return rows
}

// callRow is a call in a list, without its age.
func (l *link) callRow(c *uni.CallRow) CallRow {
	return CallRow{
		Link: l.cfg.Name, CallReference: c.CallRef, Ours: c.Ours, State: c.State, VC: c.VC, ID: c.ID,
		Called: c.Params.Called, Calling: c.Params.Calling, Contract: c.Params.Contract,
		Reserved: max(c.Reserved.Send, c.Reserved.Receive),
	}
}

// key makes a page token of numbers.
func key(parts ...uint64) string {
	s := make([]string, len(parts))
	for i, p := range parts {
		s[i] = strconv.FormatUint(p, 16)
	}
	return strings.Join(s, ".")
}

// parseKey reads a page token of n numbers; empty is before the first.
func parseKey(token string, n int) ([]uint64, error) {
	parts := make([]uint64, n)
	if token == "" {
		return parts, nil
	}
	fields := strings.Split(token, ".")
	if len(fields) != n {
		return nil, fmt.Errorf("signalling: %q is no page token", token)
	}
	for i, f := range fields {
		v, err := strconv.ParseUint(f, 16, 64)
		if err != nil {
			return nil, fmt.Errorf("signalling: %q is no page token", token)
		}
		parts[i] = v
	}
	return parts, nil
}
