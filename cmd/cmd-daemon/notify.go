package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"

	"callmanager/signalling"
)

// statusPeriod is how often the state shown by systemctl is brought up to date.
const statusPeriod = 2 * time.Second

// notifier tells systemd what the daemon does, and feeds its watchdog as long as the
// call manager answers. Without systemd it does nothing but the asking.
type notifier struct {
	manager *signalling.Manager
	log     *zap.Logger
	cancel  context.CancelFunc
	done    chan struct{}
}

// startNotifier reports readiness and starts the periodic reports.
func startNotifier(m *signalling.Manager, log *zap.Logger) *notifier {
	n := &notifier{manager: m, log: log, done: make(chan struct{})}
	n.send(daemon.SdNotifyReady)
	period := statusPeriod
	watchdog, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the watchdog's setting is unusable", zap.Error(err))
	}
	if watchdog > 0 {
		period = min(period, watchdog/3)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel = cancel
	go n.run(ctx, period, watchdog > 0)
	return n
}

// run reports until stopping is called.
func (n *notifier) run(ctx context.Context, period time.Duration, watchdog bool) {
	defer close(n.done)
	tick := time.NewTicker(period)
	defer tick.Stop()
	last := ""
	for {
		status, ok := n.state(ctx, period)
		if ok && watchdog {
			n.send(daemon.SdNotifyWatchdog)
		}
		if ctx.Err() == nil && status != last {
			n.send("STATUS=" + status)
			last = status
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// state asks the call manager how it is; ok is false if it does not answer.
func (n *notifier) state(ctx context.Context, patience time.Duration) (status string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := n.manager.Status(ctx)
	if err != nil {
		return "the call manager does not answer", false
	}
	status = fmt.Sprintf("%d of %d links up, %d calls, %d clients", s.LinksUp, s.Links, s.Calls, s.Clients)
	if len(s.Health) > 0 {
		status += "; " + s.Health[0].Text
	}
	// A line break would begin another assignment.
	return strings.Join(strings.FieldsFunc(status, func(r rune) bool { return r == '\n' || r == '\r' }), "; "), true
}

// stopping ends the reports and tells systemd that the daemon ends.
func (n *notifier) stopping() {
	n.cancel()
	<-n.done
	n.send(daemon.SdNotifyStopping)
}

// send passes a state to systemd.
func (n *notifier) send(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		n.log.Warn("cannot notify systemd", zap.Error(err))
	}
}
