// Programs with deadlines on a machine that may be small: one at a time.
[assembly: NonParallelizable]
