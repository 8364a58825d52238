package cm_test

import (
	"pgregory.net/rapid"

	"callmanager/signalling/cm"
)

// modelActions are what came with version 1.3 of the protocol: the end of the daemon, aliases and what is told
// of links.
func (w *walk) modelActions() map[string]func(*rapid.T) {
	info, resets := labInfo, uint64(0)
	return map[string]func(*rapid.T){
		"daemon ends": func(t *rapid.T) {
			if rapid.IntRange(0, 29).Draw(t, "sure") == 0 {
				w.do(w.m.NotifyClose(stopCause, 0, 0))
			}
		},
		"daemon ends the rest": func(t *rapid.T) {
			if w.m.Notified() > 0 && rapid.IntRange(0, 9).Draw(t, "sure") == 0 {
				w.do(w.m.Shutdown(stopCause, 0))
			}
		},
		"close notified": func(t *rapid.T) {
			before := w.m.Notified()
			status := rapid.SampledFrom([]cm.Status{cm.Success, cm.Success, cm.Failure, cm.Pending, 99}).Draw(t, "status")
			id := w.live(t)
			w.send(id, cm.NotifyCloseAFComplete{Status: status})
			if after := w.m.Notified(); after > before || before-after > 1 {
				t.Fatalf("%d clients were waited for, and now %d", before, after)
			}
		},
		"alias": func(t *rapid.T) {
			address := rapid.SampledFrom([]string{"+1", "+2", ownAddr.String(), "none"}).Draw(t, "address")
			if rapid.Bool().Draw(t, "add") {
				w.send(w.live(t), cm.AddAddress{Address: address})
			} else {
				w.send(w.live(t), cm.DeleteAddress{Address: address})
			}
		},
		"link changes": func(t *rapid.T) {
			info.Up = rapid.Bool().Draw(t, "up")
			info.Resetting = rapid.Bool().Draw(t, "resetting")
			resets += uint64(rapid.IntRange(0, 1).Draw(t, "resets"))
			info.Resets = resets
			w.do(w.m.Link(info))
		},
		"ask": func(t *rapid.T) {
			id := w.live(t)
			h := w.handle(t, id)
			row, status, detail := w.m.Inspect(id, h)
			if (status == cm.Success) != (row.Handle == h) || (status == cm.Success) != (detail == "") {
				t.Fatalf("asked about %s: %+v, %s %q", h, row, status, detail)
			}
			if status == cm.Success && row.Cred.PID != int32(id) && id != 1 {
				t.Fatalf("client %d is shown %s of client %d", id, h, row.Cred.PID)
			}
		},
	}
}
