package desk

import (
	"context"
	"time"
)

// Funnel says how many people have reached each stage, the first stage first, and
// as of when. No rows: there is nothing to count yet.
type Funnel func(ctx context.Context) ([]FunnelRow, time.Time, error)

// FunnelRow is one stage with all who have reached it.
type FunnelRow struct {
	Stage  FunnelStage
	People int64
}

// FunnelStage is a stage that the public is told about.
type FunnelStage string

// FunnelStages is the closed list, in its order.
var FunnelStages = []FunnelStage{"registered", "contact", "identity", "joined"}
