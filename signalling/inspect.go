package signalling

import (
	"context"
	"fmt"
	"slices"
	"time"

	"callmanager/signalling/cm"
	"callmanager/vc"
)

// RefusedError is why a question about one object has no answer.
type RefusedError struct {
	Status cm.Status
	Detail string
}

// Error implements error.
func (r *RefusedError) Error() string { return r.Status.String() + ": " + r.Detail }

// CallInformation is what is known of one VC and the call on it.
type CallInformation struct {
	VC VCRow
	// Calls are its branches.
	Calls []CallRow
	// Connected is for how long data may have flowed; zero before.
	Connected time.Duration
	// Parties counts those of a point-to-multipoint call that was made here.
	Parties int
}

// OwnAddresses returns the daemon's addresses, those of the links first.
func (m *Manager) OwnAddresses(ctx context.Context) ([]cm.OwnAddress, error) {
	own, err := query(ctx, m, m.ask, m.machine.OwnAddresses)
	if err != nil {
		return nil, fmt.Errorf("signalling: addresses: %w", err)
	}
	return own, nil
}

// inspected is a VC that a client may ask about, or why not.
type inspected struct {
	row     VCRow
	parties int
	refusal *RefusedError
}

// inspect asks about a VC for a client.
func (m *Manager) inspect(ctx context.Context, id cm.ClientID, h vc.Handle) (inspected, error) {
	return query(ctx, m, m.ask, func() (out inspected) {
		row, status, detail := m.machine.Inspect(id, h)
		if status != cm.Success {
			out.refusal = &RefusedError{Status: status, Detail: detail}
			return out
		}
		out.row, out.parties = m.vcRow(&row), row.Parties
		return out
	})
}

// CallInformation returns what is known of one VC: the client's own, or any if that is an
// administrator. A [RefusedError] says why not.
func (m *Manager) CallInformation(ctx context.Context, id cm.ClientID, h vc.Handle) (CallInformation, error) {
	found, err := m.inspect(ctx, id, h)
	switch {
	case err != nil:
		return CallInformation{}, fmt.Errorf("signalling: call information: %w", err)
	case found.refusal != nil:
		return CallInformation{}, found.refusal
	}
	info := CallInformation{VC: found.row, Parties: found.parties}
	for _, l := range m.links {
		part, err := query(ctx, m, l.ask, func() CallInformation { return l.information(h) })
		if err != nil {
			return CallInformation{}, fmt.Errorf("signalling: link %s: %w", l.cfg.Name, err)
		}
		info.Calls = append(info.Calls, part.Calls...)
		info.Connected = max(info.Connected, part.Connected)
	}
	return info, nil
}

// information is one link's part of a VC's call information.
func (l *link) information(h vc.Handle) (info CallInformation) {
	info.Calls = slices.DeleteFunc(l.callRows(), func(r CallRow) bool { return r.VC != h })
	if since, ok := l.log.connected(h); ok {
		info.Connected = now().Sub(since)
	}
	return info
}

// VCStatistics returns the counters of one VC, as [Manager.CallInformation] does.
func (m *Manager) VCStatistics(ctx context.Context, id cm.ClientID, h vc.Handle) ([]vc.Counter, error) {
	found, err := m.inspect(ctx, id, h)
	switch {
	case err != nil:
		return nil, fmt.Errorf("signalling: statistics: %w", err)
	case found.refusal != nil:
		return nil, found.refusal
	case found.row.Counters == nil: // it has had no rings yet
		return trafficCounters(&vc.Traffic{}), nil
	}
	return found.row.Counters, nil
}

// TotalStatistics returns the sums of the counters of all VCs of clients that there are, and how many
// those are. The signalling VCs are not among them.
func (m *Manager) TotalStatistics(ctx context.Context) (sums []vc.Counter, vcs int, err error) {
	type total struct {
		sums []vc.Counter
		vcs  int
	}
	t, err := query(ctx, m, m.ask, func() total {
		t := total{sums: trafficCounters(&vc.Traffic{})}
		for after, more := vc.Handle(0), true; more; {
			var page []cm.VCRow
			page, more = m.machine.VCs(after, maxPage)
			for i := range page {
				after = page[i].Handle
				t.vcs++
				row := m.vcRow(&page[i])
				for j := range row.Counters {
					t.sums[j].Value += row.Counters[j].Value
				}
			}
		}
		return t
	})
	if err != nil {
		return nil, 0, fmt.Errorf("signalling: statistics: %w", err)
	}
	return t.sums, t.vcs, nil
}

// LinkStatistics returns the counters of a link. A [RefusedError] says that there is none of that name.
func (m *Manager) LinkStatistics(ctx context.Context, name string) ([]vc.Counter, error) {
	i := slices.IndexFunc(m.links, func(l *link) bool { return l.cfg.Name == name })
	if i < 0 {
		return nil, &RefusedError{Status: cm.InvalidData, Detail: fmt.Sprintf("there is no link %q", name)}
	}
	l := m.links[i]
	row, err := query(ctx, m, l.ask, l.row)
	if err != nil {
		return nil, fmt.Errorf("signalling: link %s: %w", name, err)
	}
	return row.Counters, nil
}
