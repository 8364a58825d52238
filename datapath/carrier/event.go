package carrier

// An Event holds at most one token: that something happened since it was last waited for.
type Event chan struct{}

func newEvent() Event { return make(Event, 1) }

// Set has the event happen.
func (e Event) Set() {
	select {
	case e <- struct{}{}:
	default:
	}
}
