// Scenarios share a server and empty it: one at a time.
[assembly: NonParallelizable]
