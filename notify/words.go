package notify

// Key is the catalog key of a state's word.
func (s State) Key() string { return "notify.state." + string(s) }

// Key is the catalog key of the sentence that tells why, and what to do; "" when
// nothing went wrong.
func (r Reason) Key() string {
	if r == NoReason {
		return ""
	}
	return "notify.reason." + string(r)
}

// Key is the catalog key of the sentence about one step. What is merely slow has
// sentences of its own.
func (e Event) Key() string {
	if e.Detail == TryAgain || e.Detail == Delayed {
		return "notify.event." + e.Detail
	}
	return "notify.event." + string(e.State)
}

// RouteKey is the catalog key of the name of the route that was taken.
func (e Event) RouteKey() string { return "notify.route." + e.Route }

// Key is the catalog key of the sentence that tells why a weight changed.
func (r ChangeReason) Key() string { return "notify.change." + string(r) }

// Key is the catalog key of a channel's name.
func (c Channel) Key() string { return "notify.route." + string(c) }
