package simulator

import "maps"

// methods collects the REST methods of all groups.
func methods() registry {
	all := registry{}
	for _, group := range []registry{
		basicMethods(), userMethods(), placementMethods(), eventMethods(),
		itemMethods(), dealMethods(), logMessageMethods(),
		diskMethods(), commentMethods(), activityMethods(), configurableMethods(), documentMethods(), notifyMethods(), robotMethods(),
		batchMethods(),
	} {
		maps.Copy(all, group)
	}
	return all
}
