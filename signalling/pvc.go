package signalling

import (
	"context"
	"fmt"

	"callmanager/signalling/cm"
	"callmanager/vc"
)

// PVCRow is one permanent VC.
type PVCRow struct {
	cm.PVCRow
	// Counters are those of the user's VC; none without one.
	Counters []vc.Counter
}

// PVCs returns the permanent VCs by link, VPI and VCI.
func (m *Manager) PVCs(ctx context.Context, after string, limit int) (rows []PVCRow, next string, err error) {
	return handlePage(ctx, m, after, func(from cm.PVCKey) ([]PVCRow, cm.PVCKey) {
		page, more := m.machine.PVCs(from, pageSize(limit))
		rows := make([]PVCRow, len(page))
		for i, r := range page {
			rows[i].PVCRow = r
			if t, ok := m.plane.Traffic(r.VC); ok {
				rows[i].Counters = trafficCounters(&t)
			}
		}
		if !more {
			return rows, 0
		}
		return rows, page[len(page)-1].Key
	})
}

// pvcHealth tells of the PVCs that their links have no room for.
func (m *Manager) pvcHealth() []Health {
	rows := m.machine.RefusedPVCs()
	out := make([]Health, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = Health{
			Code: "pvc_refused", Severity: "error",
			Text: fmt.Sprintf("PVC %s %d/%d is refused: %s", r.PVC.Link, r.ID.VPI, r.ID.VCI, r.Reason),
		}
	}
	return out
}
