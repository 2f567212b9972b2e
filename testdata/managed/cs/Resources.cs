public class Resources { public static string Name = "nothing of interest here"; }
