# A notebook for VS Code, Spyder or jupytext: each `# %%` begins a cell.
# Needs CYTOQUEUE_URL, CYTOQUEUE_API_KEY, the package cytoqueue and matplotlib.

# %% Predict one record
from cytoqueue import Client

client = Client()
prediction = client.predict(
    {
        "clump_thickness": 5,
        "uniformity_of_cell_size": 4,
        "uniformity_of_cell_shape": 4,
        "marginal_adhesion": 3,
        "single_epithelial_cell_size": 4,
        "bare_nuclei": None,
        "bland_chromatin": 4,
        "normal_nucleoli": 3,
        "mitoses": 1,
    },
    sample_id="slide 7",
)
result = prediction["result"]
print(result["predicted_class"], round(result["probability_malignant"], 3), result["outcome"], result["reasons"])

# %% Which features moved the probability: exact Shapley values, which add up to it
import matplotlib.pyplot as plt

shapley = result["evidence"]["shapley"]
values = sorted(shapley["values"].items(), key=lambda item: abs(item[1]))
names = [name.replace("_", " ") for name, _ in values]
amounts = [value for _, value in values]
figure, axes = plt.subplots(figsize=(7, 4))
axes.barh(names, amounts, color=["tab:red" if amount > 0 else "tab:blue" for amount in amounts])
axes.axvline(0, color="black", linewidth=0.8)
axes.set_xlabel(f"change of the probability of malignancy from {shapley['base']:.2f}")
axes.set_title(f"{prediction['sample_id']}: {result['probability_malignant']:.2f}")
figure.tight_layout()
figure.savefig("shapley.png", dpi=150)

# %% The nearest training rows
for neighbor in result["neighbors"]:
    print(neighbor["training_row"], neighbor["class"], round(neighbor["distance"], 2))
